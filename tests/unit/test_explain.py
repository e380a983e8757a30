from __future__ import annotations

import re

from awa_infra.explain import sections
from devtools.docs_shown import ROOT, blocks


def test_every_section_of_the_reference_is_explained() -> None:
    text = (ROOT / "docs" / "reference" / "errors.yaml").read_text(encoding="utf-8")
    codes = re.findall(r"^  ([a-z-]+):$", text, flags=re.MULTILINE)
    found = [section for told in sections().values() for section in told]
    assert len(found) == len(codes)
    assert set(sections()) == set(codes)
    assert all(section.happened and section.left and section.do for section in found)


def test_statements_to_type_are_the_ones_of_their_page() -> None:
    shown = [block.text for block in blocks(ROOT / "docs" / "how-to" / "set-up-roles.md", "sql")]
    assert sections()["schema-other-owner"][0].sql in shown


def test_no_message_sends_anybody_to_a_file_of_a_checkout() -> None:
    texts = [*(ROOT / "awa_infra").rglob("*.py"), *(ROOT / "sql").rglob("*.sql")]
    quoted = re.compile(r"""["'][^"'\n]*(?<!\.com/)\bdocs/[^"'\n]*["']""")
    found = {path.name: quoted.findall(path.read_text(encoding="utf-8")) for path in texts}
    assert {name: texts for name, texts in found.items() if texts} == {}
