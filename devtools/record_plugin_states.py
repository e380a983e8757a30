"""Record what Pulumi keeps of the plugin's resources, for the test that later versions find nothing to do in them.

``python -m devtools.record_plugin_states VERSION`` writes ``tests/provider/states/VERSION.json``. Every value in there
is made up. It calls the plugin as the engine does; no library records that.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from google.protobuf import json_format, struct_pb2
from pulumi.runtime.proto import provider_pb2

from awa_infra.plugin.servicer import Servicer
from devtools import postgres
from devtools.progress import note, run_cli

STATES = Path(__file__).resolve().parent.parent / "tests" / "provider" / "states"
SERVER = "postgresql://deployer:recorded@db.example:5432"
"""Stands for where the server is, in every connection string of a recorded state."""

DATABASE, OWNER = "recorded_jobs", "recorded_owner"
URL = f"{SERVER}/{DATABASE}"

DECLARED: dict[str, dict[str, Any]] = {
    "awa:index:Database": {"serverUrl": f"{SERVER}/postgres", "name": DATABASE},
    "awa:index:Roles": {"databaseUrl": URL, "owner": OWNER, "queueStorageSchemas": ["acme_jobs"]},
    "awa:index:Schema": {"databaseUrl": URL, "role": OWNER, "lockTimeout": 12.5},
    "awa:index:QueueStorageSchema": {
        "databaseUrl": URL,
        "schema": "acme_jobs",
        "role": OWNER,
        "queueSlots": 4,
        "queues": [{"name": "mail"}, {"name": "sms", "shards": 2}],
    },
    "awa:index:StorageActivation": {"databaseUrl": URL, "role": OWNER, "schema": "acme_jobs"},
}
"""Inputs by type, in the order in which they need each other."""


def record(version: str) -> Path:
    """Make every resource on a server of its own; return the file."""
    made: dict[str, Any] = {}
    servicer = Servicer("127.0.0.1:1")  # nobody hears what it says
    with tempfile.TemporaryDirectory(prefix="awa-infra-states-") as temporary:
        server = postgres.start(Path(temporary) / "pg")
        try:
            real = server.url.rpartition("/")[0]
            for token, inputs in DECLARED.items():
                note(f"states: {token}")
                sent = struct_pb2.Struct()
                sent.update(json.loads(json.dumps(inputs).replace(SERVER, real)))
                request = provider_pb2.CreateRequest(urn=f"urn:pulumi:dev::recorded::{token}::one", properties=sent)
                answer = servicer.Create(request)
                outputs = json.dumps(json_format.MessageToDict(answer.properties)).replace(real, SERVER)
                made[token] = {"id": answer.id, "inputs": inputs, "outputs": json.loads(outputs)}
        finally:
            postgres.destroy(Path(temporary) / "pg")
    STATES.mkdir(exist_ok=True)
    path = STATES / f"{version}.json"
    path.write_text(json.dumps(made, indent=1, sort_keys=False) + "\n", encoding="utf-8")
    return path


def _main() -> int:
    """Record the states and print where they are."""
    parser = argparse.ArgumentParser(prog="devtools.record_plugin_states", description=_main.__doc__)
    parser.add_argument("version", help="of awa-infra, such as 0.1.0")
    print(record(parser.parse_args().version))
    return 0


if __name__ == "__main__":
    sys.exit(run_cli(_main))
