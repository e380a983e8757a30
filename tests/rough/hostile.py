"""A schema before ``pg_catalog`` in the search path: its objects are called like those of PostgreSQL, and only fail."""

from __future__ import annotations

_TABLES = ("pg_class", "pg_namespace", "pg_proc", "pg_type", "pg_index", "pg_constraint", "pg_depend", "pg_trigger",
           "pg_inherits", "pg_roles", "pg_database", "pg_settings", "pg_publication")  # fmt: skip
_TYPES = {"text": "int4", "name": "int4", "oid": "text", "bool": "text", "int2": "text", "int4": "text", "int8": "text",
          "json": "text", "jsonb": "text", "regclass": "text"}  # fmt: skip
_FUNCTIONS = {
    "current_database()": "name",
    "current_setting(pg_catalog.text)": "text",
    "current_setting(pg_catalog.text, pg_catalog.bool)": "text",
    "encode(pg_catalog.bytea, pg_catalog.text)": "text",
    "format(pg_catalog.text, pg_catalog.text)": "text",
    "format(pg_catalog.text, pg_catalog.text, pg_catalog.text)": "text",
    "generate_series(pg_catalog.int4, pg_catalog.int4)": "int4",
    "has_schema_privilege(pg_catalog.oid, pg_catalog.text)": "bool",
    "has_table_privilege(pg_catalog.oid, pg_catalog.text)": "bool",
    "json_array_elements(pg_catalog.json)": "json",
    "now()": "timestamptz",
    "pg_advisory_unlock(pg_catalog.int8)": "bool",
    "pg_get_userbyid(pg_catalog.oid)": "name",
    "pg_has_role(pg_catalog.oid, pg_catalog.text)": "bool",
    "pg_try_advisory_lock(pg_catalog.int8)": "bool",
    "quote_ident(pg_catalog.text)": "text",
    "replace(pg_catalog.text, pg_catalog.text, pg_catalog.text)": "text",
    "set_config(pg_catalog.text, pg_catalog.text, pg_catalog.bool)": "text",
    "sha256(pg_catalog.bytea)": "bytea",
    "split_part(pg_catalog.text, pg_catalog.text, pg_catalog.int4)": "text",
    "string_to_array(pg_catalog.text, pg_catalog.text)": "text",
    "strpos(pg_catalog.text, pg_catalog.text)": "int4",
    "to_regclass(pg_catalog.text)": "regclass",
}
_OPERATORS = (
    *((name, left, right, "bool") for name in ("=", "<>") for left, right in (
        ("text", "text"), ("name", "name"), ("name", "text"), ("oid", "oid"), ("int4", "int4"), ("bool", "bool"))),
    ("||", "text", "text", "text"),
    ("||", "jsonb", "jsonb", "jsonb"),
    ("~", "text", "text", "bool"),
)  # fmt: skip
_SCHEMA, _OF = "hostile", "pg_catalog"
_FAILS = "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'of a schema in search_path'; END $$"

HOSTILE = (
    "CREATE SCHEMA hostile",
    "GRANT USAGE ON SCHEMA hostile TO PUBLIC",
    *(f"CREATE VIEW {_SCHEMA}.{name} AS SELECT * FROM pg_catalog.{name} WHERE false" for name in _TABLES),
    *(f"CREATE DOMAIN {_SCHEMA}.{name} AS pg_catalog.{base}" for name, base in _TYPES.items()),
    *(f"CREATE FUNCTION {_SCHEMA}.{name} RETURNS pg_catalog.{type_} {_FAILS}" for name, type_ in _FUNCTIONS.items()),
    *(
        text
        for number, (name, left, right, type_) in enumerate(_OPERATORS)
        for text in (
            f"CREATE FUNCTION {_SCHEMA}.o{number}({_OF}.{left}, {_OF}.{right}) RETURNS {_OF}.{type_} {_FAILS}",
            (
                f"CREATE OPERATOR {_SCHEMA}.{name} (LEFTARG = {_OF}.{left}, RIGHTARG = {_OF}.{right}, "
                f"FUNCTION = {_SCHEMA}.o{number})"
            ),
        )
    ),
    "ALTER DATABASE {database} SET search_path = hostile, pg_catalog, public",
)
"""Statements of a superuser, for :func:`tests.rough.profiles.site`."""
