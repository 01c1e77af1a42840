"""docs/clients-twilio.md: its Python and its JavaScript are run as they stand, against a running server."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dialects.cast import ACME, ACME_TOKEN, conference, enter, standup

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clients-twilio.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
HERE = "http://127.0.0.1:8080"
LANGUAGES = {"python", "js", "ruby", "php", "java", "csharp", "go"}
FOLDER = ROOT / "tests" / "interop" / "node_twilio"


def block(language: str) -> str:
    (text,) = (text for name, text in BLOCKS if name == language)
    return str(text)


def test_every_language_of_the_vendor_is_there_and_points_here() -> None:
    assert {name for name, _ in BLOCKS} == LANGUAGES | {"sh"}
    for _, text in BLOCKS:
        assert "127.0.0.1:8080" in text


async def test_the_python_lines_list_this_servers_rooms(served: int, store: Any) -> None:
    await enter(store, standup(), conference(1))
    names: dict[str, Any] = {"account_sid": f"AC{ACME}", "auth_token": ACME_TOKEN}
    code = compile(block("python").replace(HERE, f"http://127.0.0.1:{served}"), "clients-twilio.md", "exec")
    run: Callable[..., None] = exec
    await asyncio.to_thread(run, code, names)
    names["client"].http_client.session.close()
    assert [room.friendly_name for room in names["conferences"]] == ["standup"]


@pytest.mark.interop
async def test_the_node_lines_list_this_servers_rooms(served: int, store: Any) -> None:
    await enter(store, standup(), conference(1))
    lines = (
        f'const accountSid = "AC{ACME}", authToken = "{ACME_TOKEN}";',
        block("js").replace(HERE, f"http://127.0.0.1:{served}"),
        "console.log(JSON.stringify(conferences.map((room) => room.friendlyName)));",
    )
    process = await asyncio.create_subprocess_exec(
        "node",
        "--input-type=module",
        "--eval",
        "\n".join(lines),
        cwd=FOLDER,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert json.loads(out) == ["standup"]
