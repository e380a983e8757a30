"""SQL as the server reads it: its tokens, bodies of anonymous blocks included. For what no value may change."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"""
      (?P<comment>--[^\n\r]*)
    | (?P<block>/\*.*?\*/)
    | [eE]'(?P<escaped>(?:[^'\\]|\\.|'')*)'
    | '(?P<string>(?:[^']|'')*)'
    | "(?P<name>(?:[^"]|"")*)"
    | (?P<tag>\$(?:[A-Za-z_]\w*)?\$)(?P<body>.*?)(?P=tag)
    | (?P<word>\w+)
    | (?P<space>\s+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Return kind and value of every token but comments and blanks; what is quoted is told as its value."""
    for found in _TOKEN.finditer(text):
        kind, value = found.lastgroup, found[0]
        if kind in {"comment", "block", "space"}:
            continue
        if kind == "body":
            yield "begin", ""
            yield from tokens(found["body"])
            yield "end", ""
        elif kind == "escaped":
            inner = found["escaped"].replace("''", "'")
            yield "string", re.sub(r"\\(.)", lambda e: ESCAPES.get(e[1], e[1]), inner, flags=re.DOTALL)
        elif kind == "string":
            yield "string", found["string"].replace("''", "'")
        elif kind == "name":
            yield "name", found["name"].replace('""', '"')
        else:
            yield str(kind), value
