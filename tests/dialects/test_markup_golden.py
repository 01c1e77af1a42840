"""Golden documents: one file of markup beside one of what is read from it.

To write the expectations anew after a change that is meant: `HUBBUB_GOLDEN=write pytest` this file, and read
the difference before committing it.
"""

import os
import re
from pathlib import Path

import pytest

from hubbub.dialects.registry import languages

_SETS = re.compile(r"frozenset\(\{(.*?)\}\)")
FOLDER = Path(__file__).parent.parent / "data" / "markup"
DOCUMENTS = sorted(FOLDER.glob("*/*.xml"))
URL = "https://acme.example/voice/start.php?id=1"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_document_reads_as_it_always_did(path: Path) -> None:
    document = languages()[path.parent.name].parse(path.read_bytes(), "application/xml", URL)
    lines = [_SETS.sub(_sorted, repr(instruction)) for instruction in document.instructions]
    lines += [f"remark {remark.code}: {remark.message}" for remark in document.remarks]
    text = "\n".join(lines) + "\n"
    expected = path.with_suffix(".txt")
    if os.environ.get("HUBBUB_GOLDEN") == "write":
        expected.write_text(text)
    assert text == expected.read_text()


def _sorted(kinds: re.Match[str]) -> str:
    """A set's members in an order that stays."""
    return "{" + ", ".join(sorted(re.findall(r"'([a-z-]+)'", kinds[1]))) + "}"


def test_every_dialect_has_golden_documents() -> None:
    assert {path.parent.name for path in DOCUMENTS} == set(languages())
