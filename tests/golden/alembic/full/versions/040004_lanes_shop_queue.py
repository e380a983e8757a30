"""040004_lanes_shop_queue."""

from pathlib import Path

from alembic import op

revision = 'awa_040004'
down_revision = 'awa_040003'
branch_labels = None
depends_on = None

FILE = Path(__file__).parent.parent / "sql" / "040004_lanes_shop_queue.sql"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(FILE.read_text(encoding="utf-8"))


def downgrade() -> None:
    message = "Awa has no migrations that go back; restore a backup."
    raise NotImplementedError(message)
