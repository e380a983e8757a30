"""040001_patch_wait_free_dirty_marks."""

from pathlib import Path

from alembic import op

revision = 'awa_040001'
down_revision = 'awa_040000'
branch_labels = None
depends_on = None

FILE = Path(__file__).parent.parent / "sql" / "040001_patch_wait_free_dirty_marks.sql"


def upgrade() -> None:
    connection = op.get_bind()
    connection.exec_driver_sql(FILE.read_text(encoding="utf-8"))


def downgrade() -> None:
    message = "Awa has no migrations that go back; restore a backup."
    raise NotImplementedError(message)
