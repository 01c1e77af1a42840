"""Recordings: of the account, of a conference, of a call."""

from typing import Any

import pytest

from desks import make_desk
from dialects.acting_commands import ActingCommands
from dialects.cast import (
    ALICE,
    GLOBEX,
    RECORDED_CALL,
    RECORDED_ROOM,
    STANDUP,
    T0,
    call,
    conference,
    enter,
    recording,
    standup,
)
from dialects.twilio_asking import ROOMS, A, ask, made, post, read, refusal, sids
from hubbub.dialects.contract import Desk, DialectSettings
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import ServerFull
from hubbub.domain.events import EventKind
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import Layout, RecordingSource, RecordingState
from hubbub.services.commands import RecordWish

ROOM = f"{ROOMS}/CF{STANDUP}/Recordings"
LEG = f"{A}/Calls/CA{ALICE}/Recordings"
ALL = f"{A}/Recordings"
GONE, FOREIGN, LIVE = RecordingId("6" * 32), RecordingId("7" * 32), RecordingId("8" * 32)


@pytest.fixture(autouse=True)
async def kept(store: Any) -> None:
    await enter(
        store,
        standup(),
        call(ALICE),
        recording(RECORDED_ROOM, source=RecordingSource.CONFERENCE),
        recording(
            RECORDED_CALL,
            conference_id=None,
            call_id=ALICE,
            layout=Layout.STEREO,
            track="inbound",
            source=RecordingSource.CALL_COMMAND,
            created_at_ms=T0 + 86_400_000,
        ),
        recording(GONE, state=RecordingState.DELETED, created_at_ms=T0 + 1000),
        recording(FOREIGN, account_id=GLOBEX),
    )


@pytest.fixture
async def live(store: Any) -> str:
    """The path of a room's recording that runs."""
    await enter(
        store,
        recording(LIVE, state=RecordingState.IN_PROGRESS, duration_ms=None, created_at_ms=T0 + 5000),
    )
    return f"{ROOM}/RE{LIVE}.json"


def path(where: str, id_: str) -> str:
    return f"{where}/RE{id_}.json"


async def test_a_conferences_recording(desk: Desk) -> None:
    said = read(await ask(desk, path(ROOM, RECORDED_ROOM)))
    assert said == {
        "sid": f"RE{RECORDED_ROOM}",
        "account_sid": A.rpartition("/")[2],
        "call_sid": None,
        "conference_sid": f"CF{STANDUP}",
        "api_version": "2010-04-01",
        "date_created": "Mon, 04 May 2026 09:30:00 +0000",
        "date_updated": "Mon, 04 May 2026 09:30:20 +0000",
        "start_time": "Mon, 04 May 2026 09:30:00 +0000",
        "duration": "14",
        "price": None,
        "price_unit": "USD",
        "status": "completed",
        "channels": 1,
        "source": "Conference",
        "error_code": None,
        "encryption_details": None,
        "uri": path(ROOM, RECORDED_ROOM),
    }
    assert read(await ask(desk, f"{ROOM}.json"))["recordings"] == [said]


async def test_a_calls_recording(desk: Desk) -> None:
    said = read(await ask(desk, path(LEG, RECORDED_CALL)))
    assert (said["call_sid"], said["conference_sid"]) == (f"CA{ALICE}", None)
    assert (said["channels"], said["track"], said["source"]) == (2, "inbound", "StartCallRecordingAPI")
    assert said["uri"] == path(LEG, RECORDED_CALL)
    [listed] = read(await ask(desk, f"{LEG}.json"))["recordings"]
    assert {**listed, "track": "inbound"} == said


async def test_the_accounts_own_say_where_the_sound_is(desk: Desk) -> None:
    said = read(await ask(desk, path(ALL, RECORDED_ROOM)))
    assert said["uri"] == path(ALL, RECORDED_ROOM)
    assert said["media_url"] == f"http://hub.example:8080{ALL}/RE{RECORDED_ROOM}"
    assert set(said["subresource_uris"]) == {"add_on_results", "transcriptions"}
    assert said in read(await ask(desk, f"{ALL}.json"))["recordings"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [RECORDED_CALL, RECORDED_ROOM]),
        (f"CallSid=CA{ALICE}", [RECORDED_CALL]),
        (f"ConferenceSid=CF{STANDUP}", [RECORDED_ROOM]),
        (f"ConferenceSid=CF{STANDUP}&IncludeSoftDeleted=true", [GONE, RECORDED_ROOM]),
        ("DateCreated=2026-05-04", [RECORDED_ROOM]),
        ("DateCreated>=2026-05-05T09:00:00Z", [RECORDED_CALL]),
        ("DateCreated<=2026-05-05", [RECORDED_ROOM]),
        ("PageSize=1&Page=1", [RECORDED_ROOM]),
    ],
)
async def test_filters_of_the_accounts_list(desk: Desk, query: str, found: list[str]) -> None:
    assert await sids(desk, f"{ALL}.json?{query}") == [f"RE{each}" for each in found]


async def test_filters_of_a_conferences_list_are_days(desk: Desk) -> None:
    assert await sids(desk, f"{ROOM}.json?DateCreated=2026-05-04") == [f"RE{RECORDED_ROOM}"]
    assert await sids(desk, f"{ROOM}.json?DateCreated%3E=2026-05-05") == []
    at = "2026-05-04T10:00:00Z"
    assert refusal(await ask(desk, f"{ROOM}.json?DateCreated={at}"))[:2] == (400, 20001)
    for query in ("CallSid=x", "ConferenceSid=x"):
        assert refusal(await ask(desk, f"{ALL}.json?{query}"))[:2] == (400, 20001)


async def test_deleted_metadata_stays_for_who_asks_for_it(desk: Desk) -> None:
    assert refusal(await ask(desk, path(ALL, GONE)))[:2] == (404, 20404)
    assert read(await ask(desk, path(ALL, GONE) + "?IncludeSoftDeleted=true"))["status"] == "deleted"
    assert refusal(await ask(desk, path(ROOM, GONE)))[:2] == (404, 20404)


async def test_strangers_are_not_found(desk: Desk) -> None:
    for where in (ALL, ROOM, LEG):
        assert refusal(await ask(desk, path(where, FOREIGN)))[:2] == (404, 20404)
        assert refusal(await ask(desk, f"{where}/REx.json"))[:2] == (405, 20004)
    assert refusal(await ask(desk, path(LEG, RECORDED_ROOM)))[:2] == (404, 20404)
    assert refusal(await ask(desk, path(ROOM, RECORDED_CALL)))[:2] == (404, 20404)


@pytest.mark.parametrize(
    ("state", "why", "status", "code"),
    [
        (RecordingState.ABSENT, "too-short", "absent", 16101),
        (RecordingState.ABSENT, "silent", "absent", 16102),
        (RecordingState.FAILED, "disk-full", "absent", 20500),
        (RecordingState.PROCESSING, None, "processing", None),
        (RecordingState.PAUSED, None, "processing", None),
        (RecordingState.IN_PROGRESS, None, "processing", None),
    ],
)
async def test_what_has_no_sound_says_why(
    desk: Desk, store: Any, state: RecordingState, why: str | None, status: str, code: int | None
) -> None:
    await enter(store, recording(LIVE, state=state, why=why, duration_ms=None))
    said = read(await ask(desk, path(ROOM, LIVE)))
    assert (said["status"], said["error_code"], said["duration"], said["price_unit"]) == (
        status,
        code,
        None,
        None,
    )


async def test_pause_resume_and_stop_say_at_once_what_was_done(
    desk: Desk, live: str, acting: ActingCommands
) -> None:
    for form, status, name in (
        ("Status=paused", "paused", "pause"),
        ("Status=in-progress", "in-progress", "resume"),
        ("Status=paused&PauseBehavior=skip", "paused", "pause skipping"),
        ("Status=stopped", "stopped", "stop"),
    ):
        assert read(await post(desk, live, form))["status"] == status
        assert acting.last[0] == name
        assert read(await ask(desk, live))["status"] == "processing"
    assert refusal(await post(desk, live, "Status=paused"))[:2] == (400, 21220)


async def test_twilio_current_is_the_one_that_runs(desk: Desk, live: str, store: Any) -> None:
    current = f"{ROOM}/Twilio.CURRENT.json"
    assert read(await post(desk, current, "Status=paused"))["sid"] == f"RE{LIVE}"
    await enter(store, recording(RecordingId("9" * 32), state=RecordingState.PAUSED))
    assert refusal(await post(desk, current, "Status=paused"))[:2] == (400, 16108)
    assert refusal(await post(desk, f"{LEG}/Twilio.CURRENT.json", "Status=paused"))[:2] == (404, 20404)


@pytest.mark.parametrize("form", ["", "Status=going", "Status=paused&PauseBehavior=hum"])
async def test_an_update_that_breaks_a_rule_is_refused(desk: Desk, live: str, form: str) -> None:
    assert refusal(await post(desk, live, form))[:2] == (400, 20001)


async def test_a_strict_server_stops_no_conference_recording(
    store: Any, live: str, acting: ActingCommands
) -> None:
    strict = make_desk(store, DialectSettings(strict=True), acting.commands)
    assert refusal(await post(strict, live, "Status=stopped"))[:2] == (400, 20001)
    assert read(await post(strict, live, "Status=paused"))["status"] == "paused"


async def test_starting_one(desk: Desk, acting: ActingCommands) -> None:
    said = made(await post(desk, f"{ROOM}.json", ""))
    assert (said["status"], said["source"], said["channels"]) == (
        "in-progress",
        "StartConferenceRecordingAPI",
        1,
    )
    assert said["uri"] == f"{ROOM}/{said['sid']}.json"
    form = (
        "RecordingChannels=dual&RecordingTrack=outbound&Trim=do-not-trim"
        "&RecordingStatusCallback=http%3A%2F%2Fa.example&RecordingStatusCallbackEvent=absent+completed"
        "&RecordingStatusCallbackMethod=GET"
    )
    said = made(await post(desk, f"{LEG}.json", form))
    assert (said["call_sid"], said["channels"], said["track"]) == (f"CA{ALICE}", 2, "outbound")
    wish = SubscriptionWish(
        "recording",
        frozenset({EventKind.RECORDING_ABSENT, EventKind.RECORDING_FAILED, EventKind.RECORDING_COMPLETED}),
        WebTarget("http://a.example", "GET"),
    )
    assert acting.last == (
        "start call",
        (
            ALICE,
            RecordWish(
                RecordingSource.CALL_COMMAND,
                layout=Layout.STEREO,
                track="outbound",
                callbacks=(wish,),
                dialect="twilio",
            ),
        ),
        {},
    )


async def test_nothing_is_recorded_that_is_over(desk: Desk, store: Any, acting: ActingCommands) -> None:
    await enter(store, conference(1), call(ALICE, status=CallStatus.COMPLETED))
    assert refusal(await post(desk, f"{ROOMS}/CF{1:032x}/Recordings.json", ""))[:2] == (400, 16001)
    assert refusal(await post(desk, f"{LEG}.json", ""))[:2] == (400, 21220)
    assert refusal(await post(desk, f"{ROOM}.json", "RecordingChannels=3"))[:2] == (400, 20001)
    acting.refusal = ServerFull("no room on the disk")
    assert refusal(await post(desk, f"{ROOM}.json", ""))[:2] == (503, 20503)


@pytest.mark.parametrize("where", [ALL, ROOM])
async def test_deleting_takes_the_sound_and_keeps_the_row(desk: Desk, where: str) -> None:
    one = path(where, RECORDED_ROOM)
    assert (await ask(desk, one, method="DELETE")).status == 204
    assert refusal(await ask(desk, one))[:2] == (404, 20404)
    assert refusal(await ask(desk, one, method="DELETE"))[:2] == (404, 20404)
    kept = read(await ask(desk, path(ALL, RECORDED_ROOM) + "?IncludeSoftDeleted=true"))
    assert kept["status"] == "deleted"


async def test_what_is_not_finished_cannot_be_deleted(desk: Desk, live: str) -> None:
    assert refusal(await ask(desk, live, method="DELETE"))[:2] == (409, 20009)


async def test_a_suffix_less_path_below_a_conference_is_xml(desk: Desk) -> None:
    said = await ask(desk, f"{ROOM}/RE{RECORDED_ROOM}")
    assert b"<Recording><Sid>RE" in said.body
    assert b"<Recordings page=" in (await ask(desk, ROOM)).body
    assert (await ask(desk, f"{ALL}/RE{RECORDED_ROOM}.xml")).content_type == "application/xml"
