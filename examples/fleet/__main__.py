"""A database with Awa's schema for each name of one list in Pulumi.prod.yaml; the engine makes several at a time."""

import pulumi

from awa_infra import AwaDatabase, AwaSchema

server_url = pulumi.Config("awa").require_secret("databaseUrl")
names = pulumi.Config("fleet").require_object("databases")

versions = {}
for name in names:
    database = AwaDatabase(name, server_url=server_url, name=name)
    schema = AwaSchema(f"{name}-awa", database_url=database.url)
    versions[name] = schema.schema_version

pulumi.export("schema_versions", versions)
