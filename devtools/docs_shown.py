"""What the documentation shows, so that tests can run it: fenced blocks, commands with their output, links.

Conventions: a block of language ``console`` holds commands after ``$ `` and their output; an output line ``...``
stands for any number of lines, and ``...`` within a line for any text. A command that ends with another status
than 0 is followed by ``$ echo $?``. A block of any other language whose first line is a comment with a file name is
that file.

tesh 0.3 reads the same blocks, but starts a shell for each page without the files that the page shows, knows neither
commands to leave out nor other names for the databases of a test, and puts the exit status into the block's title.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LANGUAGES = frozenset({"console", "go", "java", "json", "properties", "python", "sql", "text", "typescript", "yaml"})
TIMEOUT = 1800

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
_FILE = re.compile(r"^(?:#|//) ([\w.-]+\.(?:go|py|ts|yaml))$", re.MULTILINE)
_INDENTED = re.compile(
    r"^ {4}(?:\$ )?((?:awa|awa-infra|cd|curl|export|flyway|git|liquibase|make|pip|psql|pulumi|python|read|uv) .+)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: str
    line: int
    language: str
    text: str

    @property
    def file(self) -> str | None:
        """The name of the file that this block is."""
        found = _FILE.match(self.text)
        return found.group(1) if found else None


@dataclass(frozen=True)
class Command:
    """A command, and the lines shown below it."""

    page: str
    line: int
    text: str
    shown: tuple[str, ...]

    def __str__(self) -> str:
        """Return its page, line and text."""
        return f"{self.page}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it printed on both streams."""

    command: Command
    status: int
    output: str


@dataclass(frozen=True)
class Sandbox:
    """Where commands are run.

    Attributes:
        folder: the working directory that every page starts in.
        environment: all of it.
        names: words that the pages use for what has another name here, such as the database.
    """

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str]

    def here(self, text: str) -> str:
        """Return a text with the names of the pages replaced."""
        for word, real in self.names.items():
            text = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", real, text)
        return text


def pages() -> list[Path]:
    """Return every page, the README first."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def name(page: Path) -> str:
    """Return a page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return the fenced blocks of a page, all or those in some languages."""
    text = page.read_text(encoding="utf-8")
    found = (
        Block(name(page), text.count("\n", 0, m.start()) + 2, m.group(1), m.group(2)) for m in _FENCE.finditer(text)
    )
    return [block for block in found if not languages or block.language in languages]


def commands(block: Block) -> list[Command]:
    """Return the commands of a ``console`` block."""
    found: list[tuple[int, list[str], list[str]]] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        if line.startswith("$ "):
            found.append((number, [line[2:]], []))
        elif found and not found[-1][2] and found[-1][1][-1].endswith("\\"):
            found[-1][1].append(line)
        elif found:
            found[-1][2].append(line)
    return [Command(block.page, number, "\n".join(text), tuple(shown)) for number, text, shown in found]


def commands_under(page: Path, heading: str) -> set[str]:
    """Return the texts of the commands in one section of a page."""
    text = page.read_text(encoding="utf-8")
    start = text.index(f"\n## {heading}\n")
    first, last = (text.count("\n", 0, where) for where in (start, text.find("\n## ", start + 1)))
    inside = [block for block in blocks(page, "console") if first < block.line and (last < first or block.line < last)]
    return {command.text for block in inside for command in commands(block)}


def indented_commands(page: Path) -> list[str]:
    """Return what looks like a command in an indented block, without its comment."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [re.sub(r"\s+#.*$", "", found) for found in _INDENTED.findall(text)]


def links(page: Path) -> list[str]:
    """Return the targets of a page's links that stay in the repository."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [target for target in _LINK.findall(text) if "://" not in target]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def run(page: Path, sandbox: Sandbox, skip: Iterable[str]) -> Iterator[Result]:
    """Run the commands of a page in one shell, in order, and return how each ended.

    Args:
        page: which.
        sandbox: where.
        skip: commands not to run.
    """
    skipped = set(skip)
    log = sandbox.folder / f".{page.stem}.log"
    log.mkdir()
    script = []
    ran: list[Command] = []
    for number, block in enumerate(blocks(page)):
        if block.language == "console":
            for command in commands(block):
                if command.text in skipped:
                    continue
                out = log / str(len(ran))
                script.append(f"{{ {sandbox.here(command.text)}\n}} >{out}.out 2>&1\necho $? | tee {out}.status\n")
                script.append(f"(exit $(cat {out}.status))\n")
                ran.append(command)
        elif block.file:
            source = log / f"{number}.file"
            source.write_text(sandbox.here(block.text), encoding="utf-8")
            script.append(f"(s=$?; cp {source} {block.file}; exit $s)\n")
    (log / "script").write_text("".join(script), encoding="utf-8")
    subprocess.run(
        ["bash", str(log / "script")],
        cwd=sandbox.folder,
        env=dict(sandbox.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=TIMEOUT,
        check=False,
    )
    for number, command in enumerate(ran):
        status = int((log / f"{number}.status").read_text())
        yield Result(command, status, (log / f"{number}.out").read_text(encoding="utf-8", errors="replace"))


def problems(results: Iterable[Result], sandbox: Sandbox) -> list[str]:
    """Return every command that failed unexpectedly, and every shown line that was not printed."""
    found = []
    listed = list(results)
    for number, result in enumerate(listed):
        following = listed[number + 1].command.text if number + 1 < len(listed) else ""
        if result.status != 0 and following != "echo $?":
            found.append(f"{result.command}\n  ended with status {result.status}:\n{result.output}")
            continue
        printed = {_plain(line) for line in result.output.splitlines()}
        found += [
            f"{result.command}\n  does not print {line!r}, but:\n{result.output}"
            for line in result.command.shown
            if line.strip() not in {"", "..."}
            and not any(_pattern(sandbox.here(line)).fullmatch(other) for other in printed)
        ]
    return found


def environment(*first: Path | str, **variables: str) -> dict[str, str]:
    """Return this process's environment, with folders first on PATH, and variables set."""
    path = os.pathsep.join([*map(str, first), os.environ["PATH"]])
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "PULUMI_", "DATABASE_URL"))}
    return {**kept, "PATH": path, "PULUMI_SKIP_UPDATE_CHECK": "true", "RUST_LOG": "off", **variables}


def _plain(line: str) -> str:
    return " ".join(line.split())


def _pattern(line: str) -> re.Pattern[str]:
    """Return what a shown line matches: durations and the server's version differ from run to run."""
    text = re.escape(_plain(line)).replace(r"\.\.\.", ".*")
    text = re.sub(r"\d+\\\.\d+\\ s\b", r"\\d+\\.\\d+\\ s", text)
    return re.compile(re.sub(r"\(PostgreSQL\\ \d+", r"(PostgreSQL\\ \\d+", text))
