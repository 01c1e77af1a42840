"""docs/import.md is the format: its example imports, and every member is in it."""

import io
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from hubbub.entropy import SystemEntropy
from hubbub.importing import import_history
from hubbub.importing.records import Bandwidth, Record
from hubbub.storage.memory import MemoryStore

TEXT = (Path(__file__).parents[3] / "docs" / "import.md").read_text()


async def test_the_example_imports() -> None:
    example = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    report = await import_history(
        MemoryStore(), io.BytesIO(example[1].encode()), lambda *_: None, now_ms=0, entropy=SystemEntropy()
    )
    assert report == (4, 4, 0, 0, [])


@pytest.mark.parametrize("record", get_args(Record))
def test_every_member_is_documented(record: type[msgspec.Struct]) -> None:
    section = TEXT.partition(f"### `{record.__struct_config__.tag}`\n")[2].partition("\n### ")[0]
    for field in msgspec.structs.fields(record):
        assert f"`{field.encode_name}`" in section, field.encode_name


def test_the_members_of_bandwidth_are_documented() -> None:
    for field in msgspec.structs.fields(Bandwidth):
        assert field.encode_name in TEXT
