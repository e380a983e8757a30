"""Flyway, Liquibase and Spring Boot as jars from Maven Central, to test the bundles with.

Maven fetches each tool and version once; later runs need Java alone. No Python package has them. Without Java or Maven
`ToolMissing` says which, and the tests that need the tool skip.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache as once
from pathlib import Path

from devtools import cache
from devtools.processes import answer_of, run_bounded
from devtools.progress import ToolMissing, note, run_cli, tail

OLDEST_JAVA = 17
# pinned, because Maven's own default differs from one Maven to the next
COPY_GOAL = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
DOWNLOAD_TIMEOUT = 600.0
JAVA_TIMEOUT = 60.0
FLYWAYS = ("12.4.0", "11.20.3", "10.21.0")
"""Of the command line, the newest first. That of Flyway 13 asks for flyway-command-mcp, which Maven Central lacks."""

FLYWAY_LIBRARY = "13.12.1"
"""The newest one."""

FLYWAY_MAVEN = "13.12.0"
"""The newest plugin of Maven whose parts are all in Maven Central."""

LIQUIBASES = ("4.33.0", "5.0.4")
"""The last one under Apache-2.0, and the newest."""

SPRING_BOOTS = ("4.1.2", "3.5.8")
"""The newest ones, with the Flyway and the Liquibase that each brings along: 12.4.0 and 5.0.4, 11.7.2 and 4.31.1."""

# of Flyway's parts this one is not in Maven Central for every release; the nearest earlier one fits
REPORTS = {"10.21.0": "10.20.1"}
# these runs are short: starting fast matters, peak speed does not
JVM_OPTIONS = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto")


@dataclass(frozen=True)
class _Tool:
    name: str
    main_class: str

    @property
    def pom(self) -> Path:
        return Path(__file__).parent / self.name / "pom.xml"

    def jars(self, version: str) -> Path:
        """Return the cache directory of a version; a changed pom has another."""
        digest = hashlib.sha256(self.pom.read_bytes()).hexdigest()[:12]
        return cache.directory() / "java" / f"{self.name}-{version}-{digest}"


FLYWAY = _Tool("flyway", "org.flywaydb.commandline.Main")
EMBEDDED = _Tool("flyway-embedded", "")
_SPRING_BOOT = dict(zip(SPRING_BOOTS, (_Tool("spring-boot", ""), _Tool("spring-boot-3", "")), strict=True))
LIQUIBASE = _Tool("liquibase", "liquibase.integration.commandline.LiquibaseCommandLine")


def flyway(version: str = FLYWAYS[0]) -> list[str]:
    """Return the start of a Flyway command line, fetching the tool if needed."""
    return _command(FLYWAY, version)


def flyway_embedded(program: Path, version: str = FLYWAY_LIBRARY) -> list[str]:
    """Return the start of a Java program that uses Flyway as a library, with HikariCP at hand."""
    if shutil.which("javac") is None:
        raise ToolMissing("there is no `javac` on PATH; a program of one file needs a JDK to run")
    return [*_java_with(EMBEDDED, version), str(program)]


def spring_boot(version: str, sources: Sequence[Path], folder: Path) -> list[str]:
    """Return the start of a Spring Boot application, compiled into a folder; what is in that folder is its class path.

    Args:
        version: one of `SPRING_BOOTS`.
        sources: its Java files.
        folder: for the classes.

    Raises:
        ToolMissing: There is no JDK, or Spring Boot cannot be fetched.
        subprocess.CalledProcessError: A source does not compile.
    """
    compiler = shutil.which("javac")
    if compiler is None:
        raise ToolMissing("there is no `javac` on PATH; an application needs a JDK to be compiled")
    java, *options, _flag, jars = _java_with(_SPRING_BOOT[version], version)
    subprocess.run([compiler, "-cp", jars, "-d", folder, *sources], check=True, timeout=JAVA_TIMEOUT)
    return [java, *options, "-cp", f"{folder}:{jars}"]


def flyway_maven() -> list[str]:
    """Return the start of a run of Maven with its plugin for Flyway, which Maven fetches by itself."""
    _java()
    pom = Path(__file__).parent / "flyway-maven" / "pom.xml"
    return [_maven("the plugin of Flyway"), "-B", "-f", str(pom), f"-Dtool.version={FLYWAY_MAVEN}"]


def liquibase(version: str = LIQUIBASES[0]) -> list[str]:
    """Return the start of a Liquibase command line, fetching the tool if needed."""
    return _command(LIQUIBASE, version)


def _command(tool: _Tool, version: str) -> list[str]:
    return [*_java_with(tool, version), tool.main_class]


def _java_with(tool: _Tool, version: str) -> list[str]:
    java = _java()
    jars = tool.jars(version)
    cache.once(jars, tool.name, f"fetching {tool.name}", lambda: _fetch(tool, version, jars))
    return [java, *JVM_OPTIONS, "-cp", str(jars / "*")]


def _fetch(tool: _Tool, version: str, target: Path) -> None:
    with cache.built_beside(target) as side:
        properties = {"tool.version": version, "reports.version": REPORTS.get(version, version)}
        copy_dependencies(f"{tool.name} {version}", tool.pom, side, properties)


def copy_dependencies(title: str, pom: Path, folder: Path, properties: Mapping[str, str]) -> None:
    """Have Maven copy what a pom depends on from Maven Central into a folder.

    Raises:
        ToolMissing: There is no Maven, or it cannot fetch that; the text says why.
    """
    maven = _maven(title)
    note(f"{title}: fetching it from Maven Central")
    values = {**properties, "outputDirectory": str(folder)}
    # -U: an earlier failure to reach the repository must not count
    command = [maven, "-q", "-B", "-U", "-f", str(pom), COPY_GOAL, *(f"-D{name}={v}" for name, v in values.items())]
    failure = run_bounded(command, DOWNLOAD_TIMEOUT, activity=f"{title}: still fetching")
    if failure is not None:
        raise ToolMissing(f"{title} could not be fetched: {_maven_reason(failure)}")


def _maven(title: str) -> str:
    maven = shutil.which("mvn")
    if maven is None:
        raise ToolMissing(f"{title} needs Maven to be fetched; there is no `mvn` on PATH")
    return maven


def _maven_reason(output: str) -> str:
    """Return Maven's line about what failed."""
    match = re.search(r"\[ERROR\] (?:Failed to execute goal .*?: )?(\S.*?)(?: -> \[Help|$)", output)
    return match[1] if match else tail(output, lines=3)


@once
def _java() -> str:
    """Return a recent enough Java; an older one fails with a class file version."""
    java = shutil.which("java")
    if java is None:
        raise ToolMissing(f"there is no `java` on PATH; install Java {OLDEST_JAVA} or newer")
    try:
        answer = answer_of([java, "-version"], JAVA_TIMEOUT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolMissing(f"{java} does not run ({error})") from error
    match = re.search(r'version "(\d+)', answer.stderr + answer.stdout)
    if answer.returncode != 0 or match is None:
        raise ToolMissing(f"{java} does not tell its version\n{tail(answer.stderr, lines=3)}")
    if int(match[1]) < OLDEST_JAVA:
        raise ToolMissing(f"{java} is Java {match[1]}; version {OLDEST_JAVA} or newer is needed")
    return java


def _main() -> int:
    """Run a tool by hand: ``python -m devtools.java_tools flyway -v``."""
    parser = argparse.ArgumentParser(prog="devtools.java_tools", description=__doc__)
    parser.add_argument("--version", help="instead of the one that the tests use")
    parser.add_argument("tool", choices=["flyway", "liquibase"])
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="for the tool itself")
    chosen = parser.parse_args()
    prefix = flyway if chosen.tool == "flyway" else liquibase
    command = prefix(chosen.version) if chosen.version else prefix()
    return subprocess.run([*command, *chosen.arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(run_cli(_main))
