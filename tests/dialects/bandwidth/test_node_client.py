"""Bandwidth's own Node.js client, unmodified but for the base URL, against a running server.

`bandwidth-sdk` for Node.js; `npm install --no-package-lock` in tests/interop/node_bandwidth brings it.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from commands_twin import CommandsTwin
from dialects.cast import (
    ACME_NUMBER,
    ALICE,
    APPLICATION,
    BOB,
    RECORDED_CALL,
    T0,
    application,
    call,
    conference,
    enter,
    participant,
    recording,
    standup,
)
from hubbub.domain.ids import uuid_text

FOLDER = Path(__file__).parents[2] / "interop" / "node_bandwidth"
ROOM = "conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"


async def run_node(*words: str) -> dict[str, Any]:
    """What a program of the folder prints."""
    process = await asyncio.create_subprocess_exec(
        "node", *words, cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    seen: dict[str, Any] = json.loads(out)
    return seen


@pytest.mark.interop
async def test_the_node_client_lists_pages_gets_and_is_refused(served: int, store: Any) -> None:
    rooms = [conference(n, name=f"room-{n}") for n in range(101)]
    live = standup(created_at_ms=T0 + 3_600_000)
    await enter(store, *rooms, live, call(ALICE), participant(ALICE, muted=True))
    base = f"http://127.0.0.1:{served}"
    words = ("read.mjs", base, "acme", "acme-password", ACME_NUMBER, ROOM)
    seen = await run_node(*words)

    names = [f"room-{n}" for n in range(101)] + ["standup"]
    assert seen["pages"] == dict.fromkeys(("1", "2", "50", "1000"), names)
    assert len(seen["room"]["id"]) == 50
    assert seen["room"]["tag"] is None
    assert seen["room"]["activeMembers"] == [seen["member"]]
    assert (len(seen["member"]["callId"]), seen["member"]["mute"]) == (47, True)
    assert (seen["named"], seen["later"], seen["recordings"]) == ([ROOM], ["standup"], [])
    refused = {name: (status, body["type"]) for name, (status, body) in seen["refused"].items()}
    assert refused == {
        "401": (401, "authentication-error"),
        "403": (403, "authorization-error"),
        "404": (404, "validation"),
    }


@pytest.mark.interop
async def test_the_node_client_does_every_write(served: int, store: Any, twin: CommandsTwin) -> None:
    alice, bob = (f"c-00000001-{uuid_text(each)}" for each in (ALICE, BOB))
    recorded = recording(RECORDED_CALL, conference_id=None, call_id=ALICE)
    twin.sounds[RECORDED_CALL] = b"RIFF of the call"
    twin.queue = (1, 900)
    people = (call(ALICE), call(BOB), participant(ALICE), participant(BOB))
    await enter(store, standup(), application(), *people, recorded)
    seen = await run_node(
        "write.mjs",
        f"http://127.0.0.1:{served}",
        "acme",
        "acme-password",
        ACME_NUMBER,
        uuid_text(APPLICATION),
        ROOM,
        alice,
        bob,
        f"r-00000001-{uuid_text(RECORDED_CALL)}",
    )
    made = seen.pop("call")
    assert (len(made["callId"]), made["tag"], made["priority"]) == (47, "from node", 5)
    assert seen.pop("location") == made["callUrl"]
    assert seen == {
        "mute": 204,
        "coach": 204,
        "bxml": 204,
        "redirect": 204,
        "complete": 204,
        "nothing": [400, "Missing at least one required field. Required fields are [redirectUrl]"],
        "callRedirect": 200,
        "callBxml": 204,
        "callComplete": 200,
        "state": "answered",
        "listed": 2,
        "pause": [404, f"Call [{alice}] is not being recorded"],
        "recordings": [f"r-00000001-{uuid_text(RECORDED_CALL)}"],
        "sound": "RIFF of the call",
        "delete": 204,
        "statistics": {"currentCallQueueSize": 1, "maxCallQueueSize": 900},
    }
    assert [name for name, _, _ in twin.asked] == [
        "rooms.modify",
        "rooms.modify",
        "rooms.run",
        "rooms.redirect",
        "rooms.end",
        "calls.place",
        "calls.change",
        "calls.change",
        "calls.end",
        "recordings.open",
        "recordings.delete",
    ]
