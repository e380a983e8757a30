"""Servers as other people set them up, each a few lines: what is odd about it, and which ways refuse it by which code.

A profile makes a database and gives the site: who migrates it, and what the environment of every tool has beside that.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from urllib.parse import urlencode

import psycopg
from psycopg import sql

from awa_infra.database.apply import apply
from awa_infra.database.target import Target
from awa_infra.localserver.host import binaries
from awa_infra.model import DesiredState
from awa_infra.release import installed_release
from tests.rough.servers import (
    caught_up,
    debian_library,
    debian_server,
    own_server,
    pgbouncer,
    place,
    receiver,
    standby,
    with_tls,
)
from tests.support.schemas import ACME
from tests.support.servers import TestServer
from tests.support.tools import missing

PASSWORD = "let-me-in"  # noqa: S105  of roles that live as long as a test
EVERY_WAY = "every way"

CUSTOM = ACME
"""Declared everywhere, beside schema awa."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Site:
    """What a way is given.

    Attributes:
        url: of whoever migrates.
        admin: of a superuser, in the same database.
        environment: variables of every tool.
        jdbc: what the URL of a Java program has to be, where it does not follow from the other one.
    """

    url: str = field(repr=False)
    admin: str = field(repr=False)
    environment: Mapping[str, str] = field(default_factory=dict)
    jdbc: str = ""


@dataclass(frozen=True)
class Profile:
    """One kind of server.

    Attributes:
        name: as in the table.
        what: what is odd about it, for people.
        make: gives the site.
        refused: codes by the name of the way, or for `EVERY_WAY`; what is not here has to work.
        without: ways whose tool cannot be told of such a server, and why.
        remarked: how verify's findings begin there, if such a server is the cause of any.
    """

    name: str
    what: str
    make: Callable[[TestServer], AbstractContextManager[Site]]
    refused: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, str] = field(default_factory=dict)
    remarked: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return self.name

    def code_for(self, way: str) -> str | None:
        """Return the code by which a way has to refuse, or ``None`` if it has to work."""
        if way.startswith("up, "):  # runs the engine
            way = way if way in self.refused else "engine"
        return self.refused.get(way, self.refused.get(EVERY_WAY))


def statements(url: str, *texts: str) -> None:
    """Run statements as whoever the URL names, each committed."""
    with psycopg.connect(url, autocommit=True) as connection:
        for text in texts:
            connection.execute(text.encode())


@contextmanager
def site(
    server: TestServer,
    *after: str,
    database: str = "",
    role: str | None = None,
    role_options: str = "",
    options: str = "TEMPLATE template0",
    environment: Mapping[str, str] = MappingProxyType({}),
    before: Callable[[str], None] = lambda _url: None,
) -> Iterator[Site]:
    """Make a database that a role without other rights owns, and drop both afterwards.

    Args:
        server: where.
        after: statements that a superuser runs in the new database; ``{database}`` and ``{role}`` are its names.
        database: its name; another one each time unless given.
        role: its owner's name; another one each time unless given.
        role_options: for CREATE ROLE.
        options: for CREATE DATABASE.
        environment: see `Site`.
        before: is called with the URL of a superuser in the new database.
    """
    number = next(_numbers)
    names = {"database": database or f"awa_infra_rough_{number}", "role": role or f"rough_{number}"}
    quoted = {key: sql.Identifier(name).as_string(None) for key, name in names.items()}
    admin = Target.of(server.url).with_database(names["database"])
    statements(
        server.url,
        f"CREATE ROLE {quoted['role']} LOGIN PASSWORD '{PASSWORD}' {role_options}",
        f"CREATE DATABASE {quoted['database']} OWNER {quoted['role']} {options}",
    )
    try:
        before(admin)
        # The settings of the database are for whoever migrates, not for the test that looks at it.
        statements(
            admin, *(f"ALTER ROLE CURRENT_USER IN DATABASE {quoted['database']} SET {key} = 0" for key in TIMEOUTS)
        )
        statements(admin, *(text.format(**quoted) for text in after))
        yield Site(Target.of(admin).with_login(names["role"], PASSWORD), admin, environment)
    finally:
        statements(
            server.url,
            f"DROP DATABASE IF EXISTS {quoted['database']} WITH (FORCE)",
            f"DROP ROLE IF EXISTS {quoted['role']}",
        )


def on_database(name: str, what: str, settings: Mapping[str, str], refused: Mapping[str, str] | None = None) -> Profile:
    """Return a profile whose database has settings of its own."""
    texts = [f"ALTER DATABASE {{database}} SET {key} = {value}" for key, value in settings.items()]
    return Profile(name, what, lambda server: site(server, *texts), refused or {})


def on_role(name: str, what: str, settings: Mapping[str, str], refused: Mapping[str, str] | None = None) -> Profile:
    """Return a profile whose role has settings of its own."""
    texts = [f"ALTER ROLE {{role}} SET {key} = {value}" for key, value in settings.items()]
    return Profile(name, what, lambda server: site(server, *texts), refused or {})


def named(
    name: str, what: str, *, database: str = "", role: str | None = None, refused: Mapping[str, str] | None = None
) -> Profile:
    """Return a profile that only has odd names."""
    return Profile(name, what, lambda server: site(server, database=database, role=role), refused or {})


@contextmanager
def own(*texts: str, **settings: str) -> Iterator[Site]:
    """Give a site on a server with settings of its own."""
    with own_server(**settings) as server, site(server, *texts) as made:
        yield made


@contextmanager
def lost_standby() -> Iterator[Site]:
    """Give a site on a server that waits for a synchronous standby which is not there; a receiver of WAL is."""
    with own_server(synchronous_commit="on") as server, site(server) as made, receiver(server):
        statements(
            server.url, "ALTER SYSTEM SET synchronous_standby_names = 'the_other_room'", "SELECT pg_reload_conf()"
        )
        time.sleep(0.5)
        try:
            yield made
        finally:
            statements(server.url, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")


@contextmanager
def a_standby(*, both: bool) -> Iterator[Site]:
    """Give a site on a hot standby, or with both it and its primary in one URL."""
    with own_server() as primary, site(primary) as made, standby(primary) as copy:
        caught_up(primary)
        ports = [Target.of(server.url).parameters["port"] for server in (copy, primary)]
        first = made.url.replace(f":{ports[1]}/", f":{ports[0]}/")
        if not both:
            yield replace(made, url=first)
            return
        hosts = f"127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/"
        url = made.url.replace(f"127.0.0.1:{ports[1]}/", hosts) + "?target_session_attrs=read-write"
        jdbc = f"jdbc:postgresql://{hosts}{Target.of(made.url).parameters['dbname']}?targetServerType=primary"
        yield replace(made, url=url, jdbc=jdbc)


@contextmanager
def encrypted() -> Iterator[Site]:
    """Give a site on a server that wants TLS, its name verified, and a certificate of the client."""
    # The server of the wheel was built without TLS.
    with place() as folder, debian_server() as server, site(server) as made, with_tls(server, folder) as options:
        query = urlencode(options)
        java = urlencode({**options, "sslkey": str(folder / "client.pk8")})
        where = Target.of(made.url).parameters
        jdbc = f"jdbc:postgresql://{where['host']}:{where['port']}/{where['dbname']}?{java}"
        environment = {f"PG{key.upper()}": value for key, value in options.items()}
        yield replace(made, url=f"{made.url}?{query}", jdbc=jdbc, environment=environment)


@contextmanager
def pooled(server: TestServer, mode: str) -> Iterator[Site]:
    """Give a site behind the real PgBouncer."""
    with site(server) as made, pgbouncer(made.url, mode) as url:
        yield replace(made, url=url)


@contextmanager
def german(**settings: str) -> Iterator[Site]:
    """Give a site on a server that speaks German, in a database with German order."""
    with debian_server(lc_messages="de_DE.UTF-8", **settings) as server:
        options = "LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C' TEMPLATE template0"
        with site(server, options=options) as made:
            yield made


@contextmanager
def plain_debian(role_options: str) -> Iterator[Site]:
    """Give a site on a server of Debian's."""
    with debian_server() as server, site(server, role_options=role_options) as made:
        yield made


@contextmanager
def audited() -> Iterator[Site]:
    """Give a site on a server where pgaudit logs every statement, that of the extension's event triggers too."""
    if not (debian_library() / "pgaudit.so").exists():
        missing("there is no pgaudit here (apt install postgresql-15-pgaudit)")
    settings = {"shared_preload_libraries": "pgaudit", "pgaudit.log": "all", "pgaudit.log_parameter": "on"}
    with debian_server(**settings) as server, site(server, "CREATE EXTENSION pgaudit") as made:
        yield made


@contextmanager
def migrated(server: TestServer, *after: str) -> Iterator[Site]:
    """Give a site whose database is a copy of one that a role like its own migrated."""
    template = role = _of_this_process()
    with psycopg.connect(server.url, autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [template]).fetchone()
    if known is None:
        statements(
            server.url,
            f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'",
            f"CREATE DATABASE {template} TEMPLATE template0",  # its own, or it would be handed over as well
            f"GRANT CREATE ON DATABASE {template} TO {role}",
        )
        install(Target.of(Target.of(server.url).with_database(template)).with_login(role, PASSWORD))
    with site(server, f"REASSIGN OWNED BY {role} TO {{role}}", *after, options=f"TEMPLATE {template}") as made:
        yield made


def forget_migrated(server: TestServer) -> None:
    """Drop what :func:`migrated` copied."""
    name = _of_this_process()
    statements(server.url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"DROP ROLE IF EXISTS {name}")


def _of_this_process() -> str:
    return f"awa_infra_test_{os.getpid()}_rough"


@contextmanager
def restored(server: TestServer, *words: str, by_role: bool = False) -> Iterator[Site]:
    """Give a site whose database was restored from a dump of a migrated one."""
    with migrated(server) as origin:
        dump = subprocess.run(
            [str(binaries() / "pg_dump"), "-d", origin.admin, *words], capture_output=True, check=True, timeout=120
        ).stdout
    role = Target.of(origin.url).parameters["user"]

    def fill(admin: str) -> None:
        restore(Target.of(admin).with_login(role, PASSWORD) if by_role else admin, dump)

    with site(server, role=role, before=fill) as made:
        yield made


def install(url: str) -> None:
    """Bring a database to the current release."""
    release = installed_release()
    apply(url, DesiredState(release, release.schema_version, (CUSTOM,)))


def restore(url: str, dump: bytes) -> None:
    """Run a dump."""
    words = [str(binaries() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]
    subprocess.run(words, input=dump, capture_output=True, check=True, timeout=120)


ITS_OWN_TRANSACTIONS = ("Flyway", "Liquibase", "goose", "golang-migrate", "dbmate", "sqitch")
"""Ways whose tool begins transactions of its own, for its history."""

TIMEOUTS = {
    "statement_timeout": "'1s'",
    "lock_timeout": "'50ms'",
    "idle_in_transaction_session_timeout": "'500ms'",
}

ITS_OWN_STATEMENTS = dict.fromkeys(("Flyway", "sqitch", "Liquibase"), "tool-timeout")
"""Ways whose tool keeps a transaction of its own open meanwhile, or is slow with its own tables."""

NOT_ADOPTED = dict.fromkeys(("Flyway", "goose", "golang-migrate", "dbmate", "sqitch"), "not-adopted")
"""Awa's own command or the engine migrated it, and the tool's history does not know."""

HARDENED = (
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "DROP SCHEMA public",
    "REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC",
    "REVOKE USAGE ON LANGUAGE sql FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {role} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {role} REVOKE USAGE ON TYPES FROM PUBLIC",
)
ITS_LANGUAGES = (
    "GRANT USAGE ON LANGUAGE plpgsql TO {role}",
    "GRANT USAGE ON LANGUAGE sql TO {role}",
)

# As AWS DMS installs it: a table of everything that changes, filled by an event trigger.
DMS = (
    "CREATE TABLE public.awsdms_ddl_audit (c_key bigserial PRIMARY KEY, c_time timestamp, c_user text, c_tag text)",
    "GRANT ALL ON public.awsdms_ddl_audit, public.awsdms_ddl_audit_c_key_seq TO PUBLIC",
    """CREATE FUNCTION public.awsdms_intercept_ddl() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
       BEGIN
           INSERT INTO public.awsdms_ddl_audit VALUES (default, current_timestamp, current_user, tg_tag);
           DELETE FROM public.awsdms_ddl_audit;
       END $$""",
    "CREATE EVENT TRIGGER awsdms_intercept_ddl ON ddl_command_end EXECUTE FUNCTION public.awsdms_intercept_ddl()",
)

# As Supabase installs them: PostgREST reads its schema anew after every change.
POSTGREST = (
    """CREATE FUNCTION public.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
       DECLARE made record;
       BEGIN
           FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP
               IF made.command_tag ~ '^(CREATE|ALTER|COMMENT)' AND made.schema_name IS DISTINCT FROM 'pg_temp' THEN
                   NOTIFY pgrst, 'reload schema';
               END IF;
           END LOOP;
       END $$""",
    """CREATE FUNCTION public.pgrst_drop_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
       DECLARE gone record;
       BEGIN
           FOR gone IN SELECT * FROM pg_event_trigger_dropped_objects() LOOP
               IF gone.object_type IN ('table', 'function', 'type', 'trigger') AND NOT gone.is_temporary THEN
                   NOTIFY pgrst, 'reload schema';
               END IF;
           END LOOP;
       END $$""",
    "CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION public.pgrst_ddl_watch()",
    "CREATE EVENT TRIGGER pgrst_drop_watch ON sql_drop EXECUTE FUNCTION public.pgrst_drop_watch()",
)

# As people install it beside Supabase: every new table has row security at once.
AUTO_RLS = (
    """CREATE FUNCTION public.rls_auto_enable() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
       DECLARE made record;
       BEGIN
           FOR made IN SELECT * FROM pg_event_trigger_ddl_commands()
                        WHERE command_tag IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO')
                          AND object_type IN ('table', 'partitioned table') LOOP
               EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', made.object_identity);
           END LOOP;
       END $$""",
    "CREATE EVENT TRIGGER ensure_rls ON ddl_command_end EXECUTE FUNCTION public.rls_auto_enable()",
)

PROFILES: tuple[Profile, ...] = (
    Profile("tame", "nothing", site),
    Profile(
        "SQL_ASCII",
        "database with encoding SQL_ASCII",
        lambda server: site(server, options="ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"),
        {EVERY_WAY: "database-encoding"},
    ),
    Profile(
        "LATIN1",
        "database with encoding LATIN1",
        lambda server: site(server, options="ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"),
        {EVERY_WAY: "database-encoding"},
    ),
    Profile(
        "LATIN1 client",
        "PGCLIENTENCODING=LATIN1",
        lambda server: site(server, environment={"PGCLIENTENCODING": "LATIN1"}),
        dict.fromkeys(("golang-migrate", "dbmate"), "must be absent or"),
    ),
    Profile(
        "LATIN1 both",
        "both of them",
        lambda server: site(
            server,
            options="ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
            environment={"PGCLIENTENCODING": "LATIN1"},
        ),
        {EVERY_WAY: "database-encoding"},
    ),
    Profile(
        "SQL_ASCII client",
        "PGCLIENTENCODING=SQL_ASCII",
        lambda server: site(server, environment={"PGCLIENTENCODING": "SQL_ASCII"}),
        dict.fromkeys(("golang-migrate", "dbmate"), "must be absent or"),
    ),
    on_database(
        "repeatable read",
        "default isolation",
        {"default_transaction_isolation": "'repeatable read'"},
        {"Flyway": "isolation-level"},
    ),
    on_database(
        "serializable",
        "default isolation",
        {"default_transaction_isolation": "serializable"},
        {"Flyway": "isolation-level"},
    ),
    replace(
        on_database(
            "read-only",
            "default_transaction_read_only of the database",
            {"default_transaction_read_only": "on"},
            dict.fromkeys(ITS_OWN_TRANSACTIONS, "read-only"),
        ),
        remarked=frozenset({"schema awa: sessions of database"}),
    ),
    on_database("timeouts of the database", "a second and less", TIMEOUTS, ITS_OWN_STATEMENTS),
    on_role("timeouts of the role", "a second and less", TIMEOUTS, ITS_OWN_STATEMENTS),
    on_role(
        "transaction timeout",
        "transaction_timeout of half a second",
        {"transaction_timeout": "'500ms'"},
        ITS_OWN_STATEMENTS,
    ),
    on_role("idle timeout", "idle_session_timeout of a second", {"idle_session_timeout": "'1s'"}),
    on_database(
        "empty search path",
        "search_path is empty",
        {"search_path": "''"},
        {"Liquibase": "zero-length delimited identifier", "golang-migrate": "no schema"},
    ),
    Profile(
        "odd search path",
        "a schema before pg_catalog that has functions of the same names",
        lambda server: site(
            server,
            "CREATE SCHEMA awry AUTHORIZATION {role}",
            "CREATE FUNCTION awry.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 'epoch'::timestamptz $$",
            "CREATE FUNCTION awry.format(text, variadic text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'nothing' $$",
            "CREATE FUNCTION awry.to_regclass(text) RETURNS regclass LANGUAGE sql AS $$ SELECT NULL::regclass $$",
            "ALTER DATABASE {database} SET search_path = awry, pg_catalog",
        ),
    ),
    on_database(
        "quoting",
        "every setting of quotes, strings and formats",
        {
            "standard_conforming_strings": "off",
            "quote_all_identifiers": "on",
            "backslash_quote": "on",
            "escape_string_warning": "on",
            "array_nulls": "off",
            "transform_null_equals": "on",
            "bytea_output": "escape",
            "DateStyle": "'SQL, DMY'",
            "IntervalStyle": "sql_standard",
            "extra_float_digits": "'-5'",
            "TimeZone": "'Asia/Kathmandu'",
            "xmloption": "document",
        },
    ),
    on_database("row security", "row_security is off: a policy that hides rows is an error", {"row_security": "off"}),
    on_database(
        "strict functions",
        "plpgsql.extra_errors, check_function_bodies",
        {"plpgsql.extra_errors": "'all'", "plpgsql.extra_warnings": "'all'", "check_function_bodies": "off"},
    ),
    on_database(
        "replica",
        "session_replication_role",
        {"session_replication_role": "replica"},
        {EVERY_WAY: "setting-not-allowed"},
    ),
    on_database(
        "defaults of tables",
        "default_tablespace is the database's own; default_toast_compression, default_statistics_target",
        {"default_toast_compression": "pglz", "default_statistics_target": "1000", "default_tablespace": "pg_default"},
    ),
    Profile(
        "RDS-like",
        "no superuser: CREATEROLE and CREATEDB alone",
        lambda server: site(server, role_options="CREATEROLE CREATEDB"),
    ),
    Profile(
        "RDS-like, 15",
        "the same on PostgreSQL 15, where CREATEROLE may do more",
        lambda _server: plain_debian(role_options="CREATEROLE CREATEDB"),
    ),
    named("IAM login", "role `svc@project.iam`", role="svc@project.iam"),
    named("long role", "role of 63 bytes", role="r" * 63),
    named("dash role", "role `App-Migrator`", role="App-Migrator"),
    named("umlaut role", "role `Ümläut`", role="Ümläut"),
    named(
        "database with blank",
        "database `my jobs-100%`",
        database="my jobs-100%",
        refused={"sqitch": "in connection info string"},
    ),
    named(
        "database with quote",
        'database `it\'s "odd"`',
        database='it\'s "odd"',
        refused={"sqitch": "in connection info string"},
    ),
    Profile(
        "hardened",
        "nothing for PUBLIC, not even by default",
        lambda server: site(server, *HARDENED, *ITS_LANGUAGES),
        {"golang-migrate": "no schema"},
    ),
    Profile(
        "no language",
        "plpgsql only for superusers",
        lambda server: site(server, *HARDENED),
        {EVERY_WAY: "permission denied for language plpgsql", "engine": "language-missing"},
    ),
    Profile("DMS", "the event trigger of AWS DMS", lambda server: site(server, *DMS)),
    Profile(
        "PostgREST",
        "the event triggers of Supabase that tell PostgREST of changes",
        lambda server: site(server, *POSTGREST),
    ),
    Profile("pgaudit", "pgaudit logs everything, PostgreSQL of Debian", lambda _server: audited()),
    Profile(
        "auto-RLS",
        "an event trigger that enables row security on every new table",
        lambda server: site(server, *AUTO_RLS),
        {EVERY_WAY: "auto-row-security"},
    ),
    Profile(
        "one connection",
        "a role with CONNECTION LIMIT 1",
        lambda server: site(server, role_options="CONNECTION LIMIT 1"),
        dict.fromkeys(("Flyway", "sqitch"), "too many connections for role"),
    ),
    Profile(
        "few connections",
        "max_connections = 8, of which 3 are the superuser's",
        lambda _server: own(max_connections="8", max_wal_senders="0", max_locks_per_transaction="512"),
    ),
    Profile(
        "few locks",
        "max_locks_per_transaction = 10",
        lambda _server: own(max_locks_per_transaction="10", max_connections="20"),
        {EVERY_WAY: "lock-table-too-small"},
    ),
    Profile(
        "all tables published",
        "wal_level = logical, a publication FOR ALL TABLES",
        lambda _server: own("CREATE PUBLICATION everything FOR ALL TABLES", wal_level="logical"),
        remarked=frozenset(
            f"schema {schema}: publication everything publishes deletes or updates" for schema in ("awa", CUSTOM.schema)
        ),
    ),
    Profile(
        "lost standby",
        "synchronous_standby_names, and only another receiver of WAL there",
        lambda _server: lost_standby(),
        {EVERY_WAY: "no-synchronous-standby"},
    ),
    Profile("standby", "a hot standby", lambda _server: a_standby(both=False), {EVERY_WAY: "read-only"}),
    Profile(
        "several hosts",
        "a hot standby and its primary in one URL",
        lambda _server: a_standby(both=True),
        without=dict.fromkeys(("golang-migrate", "dbmate", "sqitch"), "knows one host"),
    ),
    Profile("TLS", "verify-full, and a certificate of the client", lambda _server: encrypted()),
    Profile(
        "PgBouncer, session",
        "pool_mode = session",
        lambda server: pooled(server, "session"),
        {"engine": "pooler"},
    ),
    Profile(
        "PgBouncer, transaction",
        "pool_mode = transaction",
        lambda server: pooled(server, "transaction"),
        {"engine": "pooler"},
    ),
    Profile(
        "PgBouncer, statement",
        "pool_mode = statement",
        lambda server: pooled(server, "statement"),
        {
            EVERY_WAY: "transaction blocks not allowed",
            "engine": "connection-failed",
            "Liquibase": "This connection has been closed",
        },
    ),
    Profile("German", "lc_messages = de_DE.UTF-8, Turkish ICU collation, PostgreSQL 15", lambda _server: german()),
    Profile("dump", "a restored dump of a migrated database", restored, NOT_ADOPTED),
    Profile(
        "dump with statistics",
        "pg_dump --statistics",
        lambda server: restored(server, "--statistics"),
        NOT_ADOPTED,
    ),
    Profile(
        "dump without owners",
        "--no-owner --no-privileges, restored by the role",
        lambda server: restored(server, "--no-owner", "--no-privileges", by_role=True),
        NOT_ADOPTED,
        remarked=frozenset({"schema awa: PUBLIC may execute awa.install_queue_storage_substrate"}),
    ),
    Profile(
        "dump of a superuser",
        "--no-owner, restored by a superuser, to whom everything belongs now",
        lambda server: restored(server, "--no-owner"),
        {EVERY_WAY: "not-owner"},
    ),
    Profile(
        "schema-only dump",
        "pg_dump --schema-only",
        lambda server: restored(server, "--schema-only"),
        {EVERY_WAY: "empty-history"},
    ),
)


def profile(name: str) -> Profile:
    """Return a profile by its name."""
    return next(one for one in PROFILES if one.name == name)
