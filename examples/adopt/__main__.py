"""Everything that Pulumi.<stack>.yaml declares in namespace awa: database, schema, queue-storage schemas."""

from awa_infra import AwaStack

AwaStack.from_config()
