"""Twilio's own Node.js library, unmodified but for the base URL, against a running server.

`npm install --no-package-lock` in tests/interop/node_twilio brings it.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from dialects.cast import ACME, ACME_TOKEN, ALICE, BOB, T0, call, conference, enter, participant, standup

FOLDER = Path(__file__).parents[2] / "interop" / "node_twilio"


@pytest.mark.interop
async def test_the_node_library_reads_rooms_and_participants(served: int, store: Any) -> None:
    await enter(
        store,
        *(conference(n, name=f"room-{n}") for n in range(52)),
        standup(),
        call(ALICE),
        call(BOB),
        participant(ALICE, label="alice", muted=True),
        participant(BOB, joined_at_ms=T0 + 1000),
    )
    words = ("read.mjs", f"http://127.0.0.1:{served}", f"AC{ACME}", ACME_TOKEN, f"CF{standup().id}")
    process = await asyncio.create_subprocess_exec(
        "node", *words, cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    seen = json.loads(out)

    rooms = [f"room-{n}" for n in reversed(range(52))]
    assert seen["pages"] == dict.fromkeys(("1", "2", "50", "1000"), rooms)
    assert (seen["live"], seen["named"], seen["dated"]) == (["standup"], ["room-7"], rooms[:3])
    assert (seen["room"]["friendlyName"], seen["room"]["status"]) == ("standup", "in-progress")
    assert seen["room"]["dateCreated"] == "2026-05-04T09:30:00.000Z"
    assert seen["room"]["subresourceUris"]["participants"].endswith("/Participants.json")
    assert seen["participants"] == [f"CA{BOB}", f"CA{ALICE}"]
    assert (seen["muted"], seen["labelled"], seen["recordings"]) == (["alice"], f"CA{ALICE}", [])
    assert seen["refused"] == {
        "unknown": [404, 20404],
        "name": [405, 20004],
        "password": [401, 20003],
        "end": [400, 20001],
    }
