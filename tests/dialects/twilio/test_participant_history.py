"""Participants after they left: Insights, and the setting that keeps them in the ordinary API too."""

from typing import Any

import pytest
from twilio.rest import Client

from desks import make_desk
from dialects.acting_commands import ActingCommands
from dialects.cast import (
    ACME,
    ALICE,
    BOB,
    CAROL,
    GLOBEX,
    STANDUP,
    SUBSIDIARY,
    T0,
    call,
    enter,
    participant,
    standup,
)
from dialects.twilio.test_python_library import Library
from dialects.twilio_asking import ROOMS, ask, post, read, refusal, sids
from hubbub.dialects.contract import Desk, DialectSettings
from hubbub.domain import room as rules
from hubbub.domain.call import CallStatus, Direction
from hubbub.domain.conference import JoinRequest, LeaveReason, Outcome, Room
from hubbub.domain.ids import CallId

DAVE = CallId("30112233445546778899aabbccddeeff")
INSIGHTS = "/v1/Conferences"
ROOM = f"{ROOMS}/CF{STANDUP}"


async def happen(store: Any, outcome: Outcome) -> Room:
    async with store.transaction() as tx:
        await tx.put_conference(outcome.room.conference)
        await tx.put_participants(outcome.changed)
        await tx.append(outcome.events)
    return outcome.room


@pytest.fixture
async def over(store: Any) -> None:
    """A meeting that is over: Alice and Bob talked, Bob coached her, left and came back; Dave never answered."""
    for each, to in ((ALICE, "+15559998765"), (BOB, "client:bob"), (DAVE, "sip:dave@a.example")):
        await enter(store, call(each, to_address=to, direction=Direction.OUTBOUND_API))
    await enter(store, call(DAVE, status=CallStatus.BUSY, direction=Direction.OUTBOUND_API))
    first = JoinRequest(ALICE, label="customer")
    room, created = rules.create(STANDUP, ACME, "standup", T0, node="n1", request=first)
    async with store.transaction() as tx:
        await tx.put_conference(room.conference)
        await tx.append(created)
    room = await happen(store, rules.admit(room, first, T0, participants_max=9))
    room = await happen(
        store, rules.admit(room, JoinRequest(BOB, label="agent"), T0 + 10_000, participants_max=9)
    )
    room = await happen(
        store, rules.modify(room, BOB, rules.ParticipantChanges(coached=(ALICE,)), T0 + 20_000)
    )
    room = await happen(store, rules.remove(room, BOB, LeaveReason.HUNG_UP, T0 + 30_000))
    room = await happen(
        store, rules.reserve(room, JoinRequest(DAVE, label="late"), T0 + 35_000, participants_max=9)
    )
    room = await happen(
        store, rules.remove(room, DAVE, LeaveReason.HUNG_UP, T0 + 40_000, call_status=CallStatus.BUSY)
    )
    room = await happen(store, rules.admit(room, JoinRequest(BOB), T0 + 50_000, participants_max=9))
    room = await happen(store, rules.modify(room, BOB, rules.ParticipantChanges(muted=True), T0 + 55_000))
    await happen(store, rules.finish(room, rules.EndReason.ENDED_BY_API, T0 + 60_000))


@pytest.mark.usefixtures("over")
async def test_a_conference_with_its_figures(desk: Desk) -> None:
    said = read(await ask(desk, f"{INSIGHTS}/CF{STANDUP}"))
    assert (said["conference_sid"], said["friendly_name"]) == (f"CF{STANDUP}", "standup")
    assert (said["status"], said["end_reason"], said["ended_by"]) == (
        "completed",
        "conference_ended_via_api",
        None,
    )
    assert (said["create_time"], said["start_time"], said["end_time"]) == (
        "2026-05-04T09:30:00Z",
        "2026-05-04T09:30:10Z",
        "2026-05-04T09:31:00Z",
    )
    assert (said["duration_seconds"], said["connect_duration_seconds"]) == (60, 50)
    assert (said["max_concurrent_participants"], said["unique_participants"]) == (2, 2)
    assert said["url"] == f"http://hub.example:8080{INSIGHTS}/CF{STANDUP}"
    page = read(await ask(desk, INSIGHTS))
    assert page["conferences"] == [said]
    assert page["meta"]["next_page_url"] is None
    assert page["meta"]["key"] == "conferences"


@pytest.mark.usefixtures("over")
async def test_everybody_who_was_there_each_time(desk: Desk) -> None:
    rows = read(await ask(desk, f"{INSIGHTS}/CF{STANDUP}/Participants"))["participants"]
    assert [(row["call_sid"][2:], row["join_time"], row["leave_time"]) for row in rows] == [
        (BOB, "2026-05-04T09:30:50Z", "2026-05-04T09:31:00Z"),
        (DAVE, None, "2026-05-04T09:30:40Z"),
        (BOB, "2026-05-04T09:30:10Z", "2026-05-04T09:30:30Z"),
        (ALICE, "2026-05-04T09:30:00Z", "2026-05-04T09:31:00Z"),
    ]
    assert len({row["participant_sid"] for row in rows}) == 4
    again, dave, agent, customer = rows
    assert (agent["is_coach"], agent["coached_participants"], agent["label"]) == (
        True,
        [f"CA{ALICE}"],
        "agent",
    )
    assert (again["is_coach"], again["properties"]["muted"]) == (False, True)
    assert (dave["call_status"], dave["duration_seconds"]) == ("busy", 0)
    assert dave["properties"]["reason_participant_left"] == "add_failed"
    assert (customer["duration_seconds"], customer["call_direction"]) == (60, "outbound")
    assert [row["call_type"] for row in rows] == ["client", "carrier", "client", "carrier"]
    one = f"{INSIGHTS}/CF{STANDUP}/Participants/{agent['participant_sid']}"
    assert read(await ask(desk, one)) == agent
    labelled = read(await ask(desk, f"{INSIGHTS}/CF{STANDUP}/Participants?Label=agent"))["participants"]
    assert labelled == [agent]


@pytest.mark.usefixtures("over")
async def test_pages_of_participants(desk: Desk) -> None:
    page = read(await ask(desk, f"{INSIGHTS}/CF{STANDUP}/Participants?PageSize=1"))
    met = [page["participants"][0]["call_sid"]]
    while page["meta"]["next_page_url"]:
        url = page["meta"]["next_page_url"].removeprefix("http://hub.example:8080")
        page = read(await ask(desk, url))
        met += [row["call_sid"] for row in page["participants"]]
    assert met == [f"CA{each}" for each in (BOB, DAVE, BOB, ALICE)]
    for _ in range(3):
        url = page["meta"]["previous_page_url"].removeprefix("http://hub.example:8080")
        page = read(await ask(desk, url))
    assert (page["meta"]["page"], page["meta"]["previous_page_url"]) == (0, None)


@pytest.mark.usefixtures("over")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Status=completed", 1),
        ("Status=in_progress", 0),
        ("FriendlyName=standup", 1),
        ("FriendlyName=x", 0),
        (f"ConferenceSid=CF{STANDUP}", 1),
        ("ConferenceSid=CFx", 0),
        ("CreatedAfter=2026-05-04T09:00:00Z&CreatedBefore=2026-05-05", 1),
        ("CreatedBefore=2026-05-04", 0),
        (f"Subaccount=AC{SUBSIDIARY}", 0),
    ],
)
async def test_filters(desk: Desk, query: str, found: int) -> None:
    assert len(read(await ask(desk, f"{INSIGHTS}?{query}"))["conferences"]) == found


@pytest.mark.usefixtures("over")
async def test_refusals_are_json(desk: Desk, store: Any) -> None:
    foreign = standup(id="f" * 32, account_id=GLOBEX)
    await enter(store, foreign)
    for path in (f"CF{'f' * 32}", "CF" + "9" * 32, "standup", f"CF{STANDUP}/Participants/CP{'1' * 32}"):
        assert refusal(await ask(desk, f"{INSIGHTS}/{path}"))[:2] == (404, 20404)
    assert refusal(await ask(desk, f"{INSIGHTS}/CF{STANDUP}/Nothing"))[:2] == (404, 20404)
    assert refusal(await ask(desk, INSIGHTS, method="POST"))[:2] == (405, 20004)
    assert refusal(await ask(desk, INSIGHTS, headers={}))[:2] == (401, 20003)
    for query in ("Status=in-progress", "CreatedAfter=soon"):
        assert refusal(await ask(desk, f"{INSIGHTS}?{query}"))[:2] == (400, 20001)
    assert refusal(await ask(desk, f"{INSIGHTS}?Subaccount=AC{GLOBEX}"))[:2] == (401, 20003)


@pytest.mark.usefixtures("over")
async def test_without_the_setting_they_are_gone(desk: Desk) -> None:
    assert await sids(desk, f"{ROOM}/Participants.json") == []
    assert refusal(await ask(desk, f"{ROOM}/Participants/CA{ALICE}.json"))[:2] == (404, 20404)


@pytest.mark.usefixtures("over")
async def test_with_the_setting_they_stay_readable(store: Any, acting: ActingCommands) -> None:
    desk = make_desk(store, DialectSettings(twilio_keep_participants=True), acting.commands)
    async with store.transaction() as tx:
        await tx.put_call(call(ALICE, status=CallStatus.COMPLETED))
    assert await sids(desk, f"{ROOM}/Participants.json") == [f"CA{each}" for each in (BOB, DAVE, ALICE)]
    assert await sids(desk, f"{ROOM}/Participants.json?Muted=true") == [f"CA{BOB}"]
    [alice] = [
        row
        for row in read(await ask(desk, f"{ROOM}/Participants.json"))["participants"]
        if row["label"] == "customer"
    ]
    assert (alice["status"], alice["date_updated"]) == ("complete", "Mon, 04 May 2026 09:31:00 +0000")
    assert read(await ask(desk, f"{ROOM}/Participants/CA{ALICE}.json")) == alice
    assert read(await ask(desk, f"{ROOM}/Participants/customer.json")) == alice
    assert refusal(await ask(desk, f"{ROOM}/Participants/nobody.json"))[:2] == (404, 20404)
    assert refusal(await ask(desk, f"{ROOM}/Participants/CA{CAROL}.json"))[:2] == (404, 20404)
    assert refusal(await post(desk, f"{ROOM}/Participants/CA{ALICE}.json", "Muted=true"))[:2] == (404, 20404)


@pytest.mark.usefixtures("over")
async def test_the_vendors_library_reads_them(served: int) -> None:
    library = Library(served, f"AC{ACME}", "acme-token")
    library.client.insights.base_url = f"http://127.0.0.1:{served}"

    def history(client: Client) -> list[tuple[str, str | None, int]]:
        [meeting] = client.insights.v1.conferences.list(status="completed")
        rows = client.insights.v1.conferences(meeting.conference_sid).conference_participants.list(
            page_size=1
        )
        assert meeting.start_time is not None
        return [(row.call_sid, row.label, row.duration_seconds) for row in rows]

    seen = await library(history)
    library.close()
    assert [row[0] for row in seen] == [f"CA{each}" for each in (BOB, DAVE, BOB, ALICE)]


async def test_in_a_live_room_only_those_inside_are_listed_and_who_left_can_be_read(
    store: Any, acting: ActingCommands
) -> None:
    desk = make_desk(store, DialectSettings(twilio_keep_participants=True), acting.commands)
    left = participant(BOB, label="agent", left_at_ms=T0 + 1000)
    await enter(store, standup(), call(ALICE), call(BOB), participant(ALICE), left)
    assert await sids(desk, f"{ROOM}/Participants.json") == [f"CA{ALICE}"]
    assert read(await ask(desk, f"{ROOM}/Participants/CA{BOB}.json"))["label"] == "agent"
    assert refusal(await post(desk, f"{ROOM}/Participants/CA{BOB}.json", "Muted=true"))[:2] == (404, 20404)
