"""Bandwidth's own Node.js client, unmodified but for the base URL, against a running server.

`bandwidth-sdk` for Node.js; `npm install --no-package-lock` in tests/interop/node_bandwidth brings it.
"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from dialects.cast import ACME_NUMBER, ALICE, T0, call, conference, enter, participant, standup

FOLDER = Path(__file__).parents[2] / "interop" / "node_bandwidth"
ROOM = "conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"


@pytest.mark.interop
async def test_the_node_client_lists_pages_gets_and_is_refused(served: int, store: Any) -> None:
    rooms = [conference(n, name=f"room-{n}") for n in range(101)]
    live = standup(created_at_ms=T0 + 3_600_000)
    await enter(store, *rooms, live, call(ALICE), participant(ALICE, muted=True))
    base = f"http://127.0.0.1:{served}"
    words = ("read.mjs", base, "acme", "acme-password", ACME_NUMBER, ROOM)
    process = await asyncio.create_subprocess_exec(
        "node", *words, cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    seen = json.loads(out)

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
