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
    # A database that `awa migrate` brought to version 41 or a later one has it already. The highest version
    # counts, as for Awa: where a row is lost, its migration would run on top of all later ones.
    if connection.exec_driver_sql("SELECT to_regclass('awa.schema_version')").scalar() is not None and (
        connection.exec_driver_sql("SELECT 1 FROM awa.schema_version WHERE version >= 41 LIMIT 1").scalar()
    ):
        return
    connection.exec_driver_sql(FILE.read_text(encoding="utf-8"))


def downgrade() -> None:
    message = "Awa has no migrations that go back; restore a backup."
    raise NotImplementedError(message)
