"""docs/clients-bandwidth.md: its Python and its JavaScript are run as they stand, against a running server."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dialects.cast import ACME_NUMBER, enter, standup

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clients-bandwidth.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
HERE = "http://127.0.0.1:8080"
LANGUAGES = {"python", "js", "ruby", "php", "java", "csharp", "go"}


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def test_every_language_of_the_vendor_is_there_and_points_here() -> None:
    assert {name for name, _ in BLOCKS} == LANGUAGES | {"sh"}
    for _, text in BLOCKS:
        assert "127.0.0.1:8080" in text
        assert "/api/v2" in text


@pytest.mark.parametrize("text", blocks("python"), ids=["password", "client-secret"])
async def test_the_python_lines_list_this_servers_rooms(served: int, store: Any, text: str) -> None:
    await enter(store, standup())
    names: dict[str, Any] = {"username": "acme", "password": "acme-password", "account_id": ACME_NUMBER}
    code = compile(text.replace(HERE, f"http://127.0.0.1:{served}"), "clients-bandwidth.md", "exec")
    run: Callable[..., None] = exec
    await asyncio.to_thread(run, code, names)
    assert [room.name for room in names["conferences"]] == ["standup"]


@pytest.mark.interop
async def test_the_node_lines_list_this_servers_rooms(served: int, store: Any) -> None:
    await enter(store, standup())
    (text,) = blocks("js")
    lines = (
        f'const username = "acme", password = "acme-password", accountId = "{ACME_NUMBER}";',
        text.replace(HERE, f"http://127.0.0.1:{served}"),
        "console.log(JSON.stringify(conferences.map((room) => room.name)));",
    )
    folder = ROOT / "tests" / "interop" / "node_bandwidth"
    process = await asyncio.create_subprocess_exec(
        "node",
        "--input-type=module",
        "--eval",
        "\n".join(lines),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert json.loads(out) == ["standup"]
