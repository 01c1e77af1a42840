"""docs/clients-restcomm.md: its Python and its JavaScript are run as they stand, against a running server."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dialects.acting_commands import ActingCommands
from dialects.cast import ACME, ACME_TOKEN, ALICE, BOB, call, enter, participant, standup
from dialects.restcomm_asking import ROOMS, ask, read
from hubbub.dialects.contract import Desk

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "clients-restcomm.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
HERE = "http://127.0.0.1:8080"
LANGUAGES = {"python", "js", "ruby", "php", "java", "csharp", "go"}


@pytest.fixture(autouse=True)
async def two_inside(store: Any) -> None:
    await enter(store, standup(), call(ALICE), call(BOB), participant(ALICE), participant(BOB))


def block(language: str) -> str:
    [text] = [text for name, text in BLOCKS if name == language]
    return str(text)


async def assert_it_was_done(desk: Desk, acting: ActingCommands) -> None:
    inside = read(await ask(desk, f"{ROOMS}/CF{standup().id}/Participants.json"))["calls"]
    assert [row["muted"] for row in inside] == [True, True]
    name, (wish,), _ = acting.last
    assert (name, wish.from_, wish.to) == ("place", "+15550100", "+15550111")


def test_every_language_is_there_and_points_here() -> None:
    assert {name for name, _ in BLOCKS} == LANGUAGES | {"sh"}
    for _, text in BLOCKS:
        assert "http://127.0.0.1:8080/restcomm/2012-04-24/Accounts/" in text


async def test_the_python_lines_mute_all_and_call_somebody(
    served: int, desk: Desk, acting: ActingCommands
) -> None:
    names: dict[str, Any] = {"account_sid": "AC" + ACME, "auth_token": ACME_TOKEN}
    code = compile(block("python").replace(HERE, f"http://127.0.0.1:{served}"), "clients-restcomm.md", "exec")
    run: Callable[..., None] = exec
    await asyncio.to_thread(run, code, names)
    names["client"].close()
    assert [room["friendly_name"] for room in names["rooms"]] == ["standup"]
    assert names["call"]["status"] == "queued"
    await assert_it_was_done(desk, acting)


@pytest.mark.interop
async def test_the_node_lines_mute_all_and_call_somebody(
    served: int, desk: Desk, acting: ActingCommands
) -> None:
    lines = (
        f'const accountSid = "AC{ACME}", authToken = "{ACME_TOKEN}";',
        block("js").replace(HERE, f"http://127.0.0.1:{served}"),
        "console.log(JSON.stringify([rooms.map((room) => room.friendly_name), call.status]));",
    )
    process = await asyncio.create_subprocess_exec(
        "node",
        "--input-type=module",
        "--eval",
        "\n".join(lines),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert json.loads(out) == [["standup"], "queued"]
    await assert_it_was_done(desk, acting)
