"""The end of each command's ``--help``: command lines that people type, all of them parsed by a test."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EXAMPLES: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "up": (
            ("what Pulumi.prod.yaml declares, after a preview and a confirmation", "up --config Pulumi.prod.yaml"),
            ("in a pipeline, where it refuses to delete or replace anything", "up --config Pulumi.prod.yaml --json"),
        ),
        "preview": (
            ("what up would do", "preview --config Pulumi.prod.yaml"),
            ("property by property", "preview --config Pulumi.prod.yaml --diff"),
        ),
        "refresh": (
            ("the live databases, into the state", "refresh --config Pulumi.prod.yaml"),
            ("with a state on this machine", "refresh --config Pulumi.dev.yaml --backend file://~"),
        ),
        "destroy": (
            ("after a confirmation; schema awa and its jobs stay", "destroy --config Pulumi.dev.yaml"),
            ("in a script", "destroy --config Pulumi.dev.yaml --yes"),
        ),
        "plan": (
            ("the database of DATABASE_URL, or of PGHOST, PGDATABASE and so on", "plan"),
            ("the SQL that apply would run, to be read first", "plan --sql"),
            ("a plan file to approve and to run later as it is", "plan --out plan.json --html plan.html"),
        ),
        "apply": (
            ("schema awa alone, from whatever version on", "apply"),
            ("under live traffic: commit after every migration, so that locks are short", "apply --transaction each"),
            ("exactly what was approved", "apply --plan plan.json"),
        ),
        "status": (
            ("version, storage, queue-storage schemas", "status"),
            ("for a script", "status --json"),
        ),
        "doctor": (
            ("this machine, the network, the server, the schemas", "doctor"),
            ("only this machine, without a connection", "doctor --offline"),
        ),
        "verify": (
            ("every object of every schema", "verify"),
            ("what a repair would run", "verify --repair --dry-run --sql"),
        ),
        "config check": (
            ("before anything is deployed", "config check Pulumi.prod.yaml"),
            ("in a pipeline", "config check Pulumi.prod.yaml --json"),
        ),
        "config schema": (
            ("for editors that complete and check YAML", "config schema"),
            ("into a file", "config schema > stack-config.schema.json"),
        ),
        "package": (
            ("for Flyway, schema awa alone", "package --format flyway --out bundle"),
            (
                "for Liquibase, with what a configuration declares, as an archive",
                "package --format liquibase --config Pulumi.prod.yaml --archive awa.zip",
            ),
            ("in a pipeline: is the folder what would be written?", "package --format flyway --out bundle --check"),
        ),
        "bundle verify": (
            ("was a file edited? with DATABASE_URL: what has that database run?", "bundle verify bundle"),
            ("for a script; files that are pending do not change the exit status", "bundle verify bundle --json"),
        ),
        "dev start": (
            ("a server for this folder, ready for Awa", "dev start"),
            ("with what a configuration declares", "dev start --config Pulumi.dev.yaml"),
        ),
        "dev url": (
            ("for everything that reads DATABASE_URL", "dev url"),
            ("of a server elsewhere", "dev url --folder ../jobs/.awa"),
        ),
        "dev psql": (
            ("look around", "dev psql"),
            ("one question", "dev psql -- --command 'SELECT count(*) FROM awa.jobs'"),
        ),
        "dev status": (
            ("does it run, and where?", "dev status"),
            ("for a script", "dev status --json"),
        ),
        "dev stop": (
            ("the data stay", "dev stop"),
            ("delete the server and its data", "dev stop --delete"),
        ),
        "dev clean": (
            ("databases of test runs that were killed", "dev clean"),
            ("and the templates that no run uses", "dev clean --templates"),
        ),
        "completion": (
            ("bash", "completion bash > ~/.local/share/bash-completion/completions/awa-infra"),
            ("zsh, in a folder of $fpath", "completion zsh > ~/.zfunc/_awa-infra"),
            ("fish", "completion fish > ~/.config/fish/completions/awa-infra.fish"),
        ),
        "explain": (
            ("what a code in brackets means", "explain downgrade"),
            ("all codes", "explain"),
        ),
    }
)
"""What a command line does, and the words after ``awa-infra``, by command."""


def examples(command: str) -> str:
    """Return the end of a command's help, in lines that click leaves as they are."""
    shown = (f"  # {what}\n  awa-infra {words}" for what, words in EXAMPLES[command])
    return "\b\nExamples:\n" + "\n".join(shown)
