"""Twilio's own libraries, unmodified but for the base URL, make every write against a running server.

What the writes do to callers is in the scenarios and in tests/interop; here it is what the libraries send and read.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from twilio.rest import Client

from dialects.acting_commands import ActingCommands
from dialects.cast import ACME, ACME_TOKEN, ALICE, BOB, STANDUP, call, enter, participant, recording, standup
from dialects.twilio.test_python_library import Library, refused
from hubbub.domain.call import CallStatus
from hubbub.domain.conference import Beep
from hubbub.domain.events import EventKind
from hubbub.domain.ids import RecordingId

FOLDER = Path(__file__).parents[2] / "interop" / "node_twilio"
FROM, TO = "+15550100", "+15559998765"
LIVE, DONE = RecordingId("8" * 32), RecordingId("9" * 32)


@pytest.fixture
async def acme(served: int, store: Any) -> AsyncIterator[Library]:
    await enter(store, standup(), call(ALICE), call(BOB), participant(ALICE, label="alice"), participant(BOB))
    library = Library(served, f"AC{ACME}", ACME_TOKEN)
    yield library
    library.close()


async def test_adding_a_participant_with_everything(acme: Library, acting: ActingCommands) -> None:
    added = await acme(
        lambda client: client.conferences("My Room").participants.create(
            from_=FROM,
            to=TO,
            label="my desk",
            muted=True,
            beep="onExit",
            start_conference_on_enter=False,
            end_conference_on_exit=True,
            wait_url="",
            early_media=True,
            max_participants=10,
            status_callback="https://app.example/call",
            status_callback_event=["initiated", "ringing"],
            status_callback_method="GET",
            conference_status_callback="https://app.example/room",
            conference_status_callback_event=["join", "leave"],
            record=True,
            recording_channels="dual",
            conference_record="true",
            conference_recording_status_callback="https://app.example/kept",
            jitter_buffer_size="small",
            region="ie1",
            timeout=30,
            time_limit=600,
            sip_auth_username="u",
            sip_auth_password="p",
            machine_detection="Enable",
            caller_display_name="Acme",
        )
    )
    assert (added.status, added.label, added.muted, added.queue_time) == ("queued", "my desk", True, "1000")
    wish, join = acting.last[1]
    assert (join.name, join.beep, join.start_on_enter, join.end_on_exit) == (
        "My Room",
        Beep.ON_EXIT,
        False,
        True,
    )
    assert wish.callbacks[0].kinds == {EventKind.CALL_PLACED, EventKind.CALL_RANG}
    assert join.callbacks[0].kinds == {EventKind.PARTICIPANT_JOINED, EventKind.PARTICIPANT_LEFT}
    assert (wish.timeout_s, wish.time_limit_s, wish.record.layout) == (35.0, 600, "stereo")
    by_label = await acme(
        lambda client: client.conferences(added.conference_sid).participants("my desk").fetch()
    )
    assert by_label.call_sid == added.call_sid


async def test_changing_a_participant_and_a_conference(acme: Library) -> None:
    room = f"CF{STANDUP}"
    one = lambda client: client.conferences(room).participants("alice")  # noqa: E731
    assert (await acme(lambda client: one(client).update(muted=True))).muted is True
    assert (
        await acme(lambda client: one(client).update(hold=True, hold_url="http://a.example"))
    ).hold is True
    changed = await acme(
        lambda client: one(client).update(hold=False, coaching=True, call_sid_to_coach=f"CA{BOB}")
    )
    assert (changed.muted, changed.hold, changed.call_sid_to_coach) == (True, False, f"CA{BOB}")
    changed = await acme(lambda client: one(client).update(end_conference_on_exit=True, coaching=False))
    assert (changed.end_conference_on_exit, changed.coaching) == (True, False)
    await acme(lambda client: one(client).update(announce_url="http://a.example", announce_method="GET"))
    assert await acme(lambda client: client.conferences(room).participants(f"CA{BOB}").delete()) is True
    assert [
        each.label for each in await acme(lambda client: client.conferences(room).participants.list())
    ] == ["alice"]
    await acme(lambda client: client.conferences(room).update(announce_url="http://a.example"))
    ended = await acme(lambda client: client.conferences(room).update(status="completed"))
    assert (ended.status, ended.reason_conference_ended) == ("completed", "conference-ended-via-api")
    assert await refused(acme, lambda client: one(client).update(muted=False)) == (404, 20404)


async def test_calls(acme: Library) -> None:
    def place(client: Client) -> Any:
        return client.calls.create(
            to=TO,
            from_=FROM,
            url="http://a.example/voice",
            status_callback="http://a.example",
            status_callback_event=["answered"],
            record=True,
            send_digits="1w2",
        )

    placed = await acme(place)
    assert (placed.status, placed.queue_time, placed.start_time) == ("queued", "1000", None)
    one = placed.sid
    assert await refused(acme, lambda client: client.calls(one).delete()) == (409, 20009)
    assert (await acme(lambda client: client.calls(one).update(status="canceled"))).status == "canceled"
    assert await refused(acme, lambda client: client.calls(one).update(twiml="<Response/>")) == (400, 21220)
    redirected = await acme(lambda client: client.calls(f"CA{ALICE}").update(url="http://a.example/away"))
    assert redirected.status == "in-progress"
    assert [each.sid for each in await acme(lambda client: client.calls.list(status="canceled", to=TO))] == [
        one
    ]
    assert await acme(lambda client: client.calls(one).delete()) is True
    assert await refused(acme, lambda client: client.calls(one).fetch()) == (404, 20404)


async def test_recordings(acme: Library, store: Any) -> None:
    begun = await acme(
        lambda client: client.calls(f"CA{ALICE}").recordings.create(
            recording_channels="dual", recording_status_callback="http://a.example", trim="do-not-trim"
        )
    )
    assert (begun.status, begun.channels, begun.source) == ("in-progress", 2, "StartCallRecordingAPI")
    leg = lambda client: client.calls(f"CA{ALICE}").recordings("Twilio.CURRENT")  # noqa: E731
    assert (
        await acme(lambda client: leg(client).update(status="paused", pause_behavior="skip"))
    ).status == "paused"
    assert (await acme(lambda client: leg(client).update(status="in-progress"))).status == "in-progress"
    assert (await acme(lambda client: leg(client).update(status="stopped"))).status == "stopped"
    listed = await acme(lambda client: client.calls(f"CA{ALICE}").recordings.list())
    assert [(each.sid, each.status) for each in listed] == [(begun.sid, "processing")]

    await enter(store, recording(DONE))
    room = lambda client: client.conferences(f"CF{STANDUP}").recordings  # noqa: E731
    [kept] = await acme(lambda client: room(client).list())
    assert (kept.sid, kept.duration, kept.channels, kept.price) == (f"RE{DONE}", "14", 1, None)
    account = await acme(lambda client: client.recordings(kept.sid).fetch())
    assert account.media_url.endswith(f"/Recordings/RE{DONE}")
    assert await acme(lambda client: client.conferences(f"CF{STANDUP}").recordings(kept.sid).delete()) is True
    assert await acme(lambda client: room(client).list()) == []
    gone = await acme(lambda client: client.recordings(kept.sid).fetch(include_soft_deleted=True))
    assert gone.status == "deleted"


@pytest.mark.interop
async def test_the_node_library_makes_every_write(served: int, store: Any) -> None:
    words = ("write.mjs", f"http://127.0.0.1:{served}", f"AC{ACME}", ACME_TOKEN, TO)
    process = await asyncio.create_subprocess_exec(
        "node", *words, cwd=FOLDER, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert json.loads(out) == {
        "added": ["queued", "first", "string", "CA"],
        "muted": True,
        "held": True,
        "ends": True,
        "announced": False,
        "announcedToAll": "node room",
        "listed": ["second", "first"],
        "kicked": True,
        "left": ["first"],
        "ended": ["completed", "conference-ended-via-api", None],
        "call": ["queued", "outbound-api", True],
        "canceled": CallStatus.CANCELED,
        "calls": [True],
        "deleted": True,
        "refused": {
            "to": [400, 21211],
            "label": [400, 16024],
            "gone": [404, 20404],
            "over": [400, 21220],
        },
    }
