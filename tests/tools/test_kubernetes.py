"""The manifests of deploy/kubernetes and deploy/argocd, and the chart: valid, restricted, and what they run, run."""

from __future__ import annotations

import copy
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from awa_infra import __version__
from awa_infra.database.target import Target
from awa_infra.errors import AwaInfraError, ConnectionFailedError, LocalServerError
from devtools import go_tools
from devtools.docs_shown import ROOT
from tests.support.people import PASSWORD, people
from tests.support.servers import Database, TestServer
from tests.tools import manifests
from tests.tools.manifests import Manifest
from tests.tools.runners import command

DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "awa-infra"
JOB = DEPLOY / "kubernetes" / "migrate-job.yaml"
DEPLOYMENT = DEPLOY / "kubernetes" / "worker-deployment.yaml"
HOOK = DEPLOY / "argocd" / "migrate-job.yaml"
FILES = (JOB, DEPLOYMENT, HOOK)
STACK = "config:\n  awa:queueStorageSchemas:\n    - schema: acme_jobs\n"
PAGE = ROOT / "docs" / "how-to" / "run-in-kubernetes.md"


def one(path: Path) -> Manifest:
    (found,) = manifests.read(path.read_text(encoding="utf-8"))
    return found


def helm(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command(go_tools.helm), *words], capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )


def template(*words: str) -> list[Manifest]:
    done = helm("template", "jobs", str(CHART), "--set=existingSecret.name=awa-migrator", *words)
    assert done.returncode == 0, done.stderr
    return manifests.read(done.stdout)


def with_configuration(tmp_path: Path) -> list[Manifest]:
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"stackConfig": STACK, "imagePullSecrets": [{"name": "registry"}]}))
    return template(f"--values={values}")


def check(made: Manifest) -> None:
    assert manifests.schema_problems(made) == []
    if "template" in made.get("spec", {}):
        spec = manifests.pod(made)
        assert manifests.restricted_problems(spec) == []
        assert spec["automountServiceAccountToken"] is False
        for container in manifests.containers(spec):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            # By reference alone, and never in an argument.
            assert [variable["name"] for variable in container["env"]] == ["DATABASE_URL"]
            assert all(variable["valueFrom"].keys() == {"secretKeyRef"} for variable in container["env"])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(DEPLOY).as_posix())
def test_a_manifest_is_valid_and_restricted(path: Path) -> None:
    check(one(path))


def test_the_chart_is_valid_and_restricted_with_and_without_a_configuration(tmp_path: Path) -> None:
    plain = template()
    assert [made["kind"] for made in plain] == ["Job"]
    configured = with_configuration(tmp_path)
    assert [made["kind"] for made in configured] == ["ConfigMap", "Job"]
    for made in (*plain, *configured):
        check(made)
        assert made["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert [made["kind"] for made in template("--set=enabled=true")] == ["Job"], "as a dependency of another chart"
    pinned = template(f"--set=image.digest=sha256:{'0' * 64}")
    images = {container["image"] for made in pinned for container in manifests.containers(manifests.pod(made))}
    assert images == {f"registry.example.com/awa-infra:{__version__}-awa0.6.9@sha256:{'0' * 64}"}


def test_the_check_would_find_a_pod_that_may_be_root_or_an_unknown_key() -> None:
    made = copy.deepcopy(one(JOB))
    del made["spec"]["template"]["spec"]["securityContext"]
    assert "apply: may be root" in manifests.restricted_problems(manifests.pod(made))
    made["spec"]["backofLimit"] = 1
    assert any("backofLimit" in problem for problem in manifests.schema_problems(made))


def test_helm_lint_finds_nothing_in_the_chart() -> None:
    done = helm("lint", "--strict", str(CHART), "--set=existingSecret.name=awa-migrator")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("image.tag=0.1.0", "/existingSecret/name"),
        ("existingSecret.name=a,databaseUrl=postgresql://u:p@h/d", "databaseUrl"),
        ("existingSecret.name=a,image.digest=latest", "/image/digest"),
        ("existingSecret.name=a,image.tag=", "/image"),
        ("existingSecret.name=a,activeDeadlineSeconds=null", "activeDeadlineSeconds"),
        ("existingSecret.name=a,checkArgs={plan}", "/checkArgs"),
        ("existingSecret.name=a,checkArgs={status}", "/checkArgs/0"),
        ("existingSecret.name=a,extraEnv[0].name=DATABASE_URL", "/extraEnv/0/name"),
    ],
)
def test_the_chart_refuses_values_that_it_would_ignore_or_that_lack_something(given: str, named: str) -> None:
    done = helm("template", "jobs", str(CHART), f"--set={given}")
    assert done.returncode != 0
    assert named in done.stderr


def test_two_databases_of_one_release_have_a_job_and_a_configuration_each(tmp_path: Path) -> None:
    """Helm deletes a hook of before by its name, so with one name a job would mount what belongs to the other one."""
    wanted = {"awa-eu": "jobs-awa-eu-migrate", "awa-infra": "jobs-awa-migrate"}
    parent = tmp_path / "shop"
    shutil.copytree(CHART, parent / "charts" / "awa-infra")
    one = {"name": "awa-infra", "version": __version__}
    needs = [one, one | {"alias": "awa-eu"}]
    about = {"apiVersion": "v2", "name": "shop", "version": "1.0.0", "dependencies": needs}
    (parent / "Chart.yaml").write_text(yaml.safe_dump(about))
    values = {
        name: {"existingSecret": {"name": name}, "stackConfig": f"config: {{awa:database: {name}}}"} for name in wanted
    }
    (parent / "values.yaml").write_text(yaml.safe_dump(values))
    done = helm("template", "jobs", str(parent))
    assert done.returncode == 0, done.stderr
    made = manifests.read(done.stdout)
    assert sorted(m["metadata"]["name"] for m in made) == sorted([*wanted.values()] * 2)
    for chart, name in wanted.items():
        (configuration,) = (m for m in made if m["kind"] == "ConfigMap" and m["metadata"]["name"] == name)
        assert chart in configuration["data"]["Pulumi.kubernetes.yaml"]
        (job,) = (m for m in made if m["kind"] == "Job" and m["metadata"]["name"] == name)
        check(job)
        spec = manifests.pod(job)
        assert [volume["configMap"]["name"] for volume in spec["volumes"]] == [name]
        assert spec["containers"][0]["env"][0]["valueFrom"]["secretKeyRef"]["name"] == chart


@pytest.mark.parametrize("release", ["0123", "a" * 53, "a.b", f"{'a' * 52}b"])
def test_every_name_of_a_release_makes_valid_names_and_one_of_its_own(release: str) -> None:
    done = helm("template", release, str(CHART), "--set-string=existingSecret.name=0123,existingSecret.key=true")
    assert done.returncode == 0, done.stderr
    (made,) = manifests.read(done.stdout)
    check(made)
    name = made["metadata"]["name"]
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?", name)
    assert len(name) <= 63
    assert name != helm_name("a" * 53) or release == "a" * 53


def helm_name(release: str) -> str:
    done = helm("template", release, str(CHART), "--set=existingSecret.name=a")
    return str(manifests.read(done.stdout)[0]["metadata"]["name"])


def test_what_a_cluster_wants_of_a_pod_reaches_it(tmp_path: Path) -> None:
    mount = {"name": "ca", "mountPath": "/etc/ca", "readOnly": True}
    variable = {"name": "PGSSLROOTCERT", "value": "/etc/ca/ca.pem"}
    tolerations = [{"key": "batch", "operator": "Exists"}]
    values = {
        "stackConfig": STACK,
        "checkArgs": ["plan", "--check"],
        "annotations": {"owner": "platform"},
        "podAnnotations": {"number": "1"},
        "podLabels": {"sidecar.istio.io/inject": "false"},
        "serviceAccount": {"name": "migrator", "automount": True},
        "nodeSelector": {"pool": "batch"},
        "tolerations": tolerations,
        "affinity": {"nodeAffinity": {}},
        "priorityClassName": "high",
        "podSecurityContext": {"runAsUser": None, "runAsGroup": None},
        "extraEnv": [variable],
        "extraVolumes": [{"name": "ca", "secret": {"secretName": "ca"}}],
        "extraVolumeMounts": [mount],
    }
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(values))
    _configuration, made = template(f"--values={tmp_path / 'values.yaml'}")
    assert manifests.schema_problems(made) == []
    spec = manifests.pod(made)
    assert manifests.restricted_problems(spec) == []
    assert made["metadata"]["annotations"]["owner"] == "platform"
    about = made["spec"]["template"]["metadata"]
    assert about["annotations"] == {"number": "1"}
    assert about["labels"]["sidecar.istio.io/inject"] == "false"
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == ("migrator", True)
    assert (spec["nodeSelector"], spec["tolerations"]) == ({"pool": "batch"}, tolerations)
    assert (spec["affinity"], spec["priorityClassName"]) == ({"nodeAffinity": {}}, "high")
    assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert [volume["name"] for volume in spec["volumes"]] == ["config", "ca"]
    for container in manifests.containers(spec):
        assert container["env"][1:] == [variable]
        assert container["volumeMounts"][1:] == [mount]
    assert spec["containers"][0]["args"] == ["plan", "--check", "--config=/etc/awa/Pulumi.kubernetes.yaml"]


def test_a_connection_in_parts_as_operators_keep_it_takes_the_place_of_a_connection_string(
    database: Database, tmp_path: Path
) -> None:
    parts = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    names = [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": "postgres.shop", "key": key}}}
        for name, key in parts.items()
    ]
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({"existingSecret": {"name": ""}, "extraEnv": names}))
    done = helm("template", "jobs", str(CHART), f"--values={tmp_path / 'values.yaml'}")
    assert done.returncode == 0, done.stderr
    (made,) = manifests.read(done.stdout)
    assert manifests.schema_problems(made) == []
    where = Target.of(database.url).parameters
    secrets = {("postgres.shop", key): where.get(key, "") for key in parts.values()}
    apply, verify = manifests.containers(manifests.pod(made))
    assert [manifests.run(container, secrets).returncode for container in (apply, verify)] == [0, 0]


def test_the_job_is_the_same_in_kubernetes_argo_cd_and_the_chart() -> None:
    def what(made: Manifest) -> Manifest:
        spec: Manifest = copy.deepcopy(made["spec"])
        del spec["template"]["metadata"]
        spec.pop("ttlSecondsAfterFinished", None)  # Argo CD removes what its hooks made
        for container in manifests.containers(spec["template"]["spec"]):
            container.pop("imagePullPolicy", None)
        return spec

    (chart,) = template()
    assert what(one(HOOK)) == what(one(JOB)) == what(chart)
    assert one(HOOK)["metadata"]["annotations"]["argocd.argoproj.io/hook"] == "PreSync"


def test_the_job_waits_in_bounds_and_within_its_deadline() -> None:
    spec = one(JOB)["spec"]
    words = manifests.containers(spec["template"]["spec"])[0]["args"]
    waits = [int(words[words.index(option) + 1]) for option in ("--lock-wait", "--lock-timeout")]
    assert 0 < sum(waits) < spec["activeDeadlineSeconds"] / 2
    assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_only_a_server_that_cannot_be_reached_and_a_pod_that_is_taken_away_are_tried_again() -> None:
    spec = one(JOB)["spec"]
    assert spec["backoffLimit"] == 3
    taken_away, others = spec["podFailurePolicy"]["rules"]
    assert (taken_away["action"], taken_away["onPodConditions"][0]["type"]) == ("Ignore", "DisruptionTarget")
    assert others == {
        "action": "FailJob",
        "onExitCodes": {"operator": "NotIn", "values": [ConnectionFailedError.exit_status]},
    }
    of_4 = {kind for kind in every_error() if kind.exit_status == ConnectionFailedError.exit_status}
    # The other one is of commands that start a server.
    assert all(issubclass(kind, ConnectionFailedError | LocalServerError) for kind in of_4)


def every_error(kind: type[AwaInfraError] = AwaInfraError) -> Iterator[type[AwaInfraError]]:
    for below in kind.__subclasses__():
        yield below
        yield from every_error(below)


def run_job(made: Manifest, url: str, files: dict[str, Path] | None = None) -> list[int]:
    """Run the containers of a job, one after the other, as long as they succeed."""
    statuses = []
    for container in manifests.containers(manifests.pod(made)):
        done = manifests.run(container, {("awa-migrator", "DATABASE_URL"): url}, files)
        statuses.append(done.returncode)
        assert PASSWORD not in done.stdout + done.stderr
        if done.returncode != 0:
            break
    return statuses


def test_the_job_migrates_once_and_verifies_and_a_database_that_is_away_fails_it(database: Database) -> None:
    made = one(JOB)
    assert run_job(made, database.url.replace(database.name, "awa_infra_nowhere")) == [4]
    assert run_job(made, database.url) == [0, 0]
    assert run_job(made, database.url) == [0, 0]
    # What apply has no step for is found by the second container.
    database.rows("ALTER TABLE awa.queue_meta ADD COLUMN of_somebody integer")
    assert run_job(made, database.url) == [0, 1]


def test_the_chart_brings_about_the_configuration_that_it_is_given(database: Database, tmp_path: Path) -> None:
    configuration, made = with_configuration(tmp_path)
    ((name, text),) = configuration["data"].items()
    (tmp_path / name).write_text(text)
    assert run_job(made, database.url, {"/etc/awa": tmp_path}) == [0, 0]
    assert database.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'acme_jobs'")


def test_the_init_container_lets_workers_start_only_after_the_migration_and_may_not_write(
    server: TestServer, database: Database, tmp_path: Path
) -> None:
    (init,) = manifests.pod(one(DEPLOYMENT))["initContainers"]

    def status(url: str, *words: str) -> int:
        container = {**init, "args": list(words) or init["args"]}
        done = manifests.run(container, {("awa-observer", "DATABASE_URL"): url})
        assert PASSWORD not in done.stdout + done.stderr
        return done.returncode

    with people(server, database) as staff:
        config = tmp_path / "Pulumi.dev.yaml"
        duties = [(duty, staff.name(duty)) for duty in ("owner", "migrator", "runtime", "observer")]
        config.write_text(yaml.safe_dump({"config": {"awa:roles": dict(duties)}}))
        assert status(database.url) == 1, "not migrated yet"
        assert status(database.url, "apply", f"--config={config}") == 0
        observer = staff.login("observer").url
        assert status(observer) == 0
        database.rows(
            "INSERT INTO awa.queue_enqueue_heads (queue, priority, enqueue_shard) VALUES ('undeclared', 1, 0)"
        )
        (lane,) = database.rows("SELECT seq_name FROM awa.queue_enqueue_heads")
        database.rows(f"ALTER SEQUENCE awa.{lane['seq_name']} OWNER TO {staff.name('runtime')}")
        assert status(observer, "verify") == 1, "a worker has made the sequences of a queue"
        assert status(observer) == 0, "which keeps no worker from starting"
        database.rows("DELETE FROM awa.schema_version WHERE version = 40")
        assert status(observer) in {1, 3}, "the schema is behind the release"
        assert status(observer, "apply") != 0
        assert not database.rows("SELECT 1 FROM awa.schema_version WHERE version = 40")


def test_the_page_names_every_value_of_the_chart_that_has_to_be_set_and_no_other() -> None:
    text = PAGE.read_text(encoding="utf-8")
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    for path in re.findall(r"--set ([\w.]+)=", text):
        found: object = values
        for key in path.split("."):
            assert isinstance(found, dict)
            assert key in found
            found = found[key]
    assert "existingSecret.name" in text
