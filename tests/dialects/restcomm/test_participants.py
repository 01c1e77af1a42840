"""GET …/Conferences/{ConferenceSid}/Participants, and one of them.

Restcomm Connect API guide, "Conference participants".
"""

from typing import Any

import pytest

from dialects.cast import (
    ACME,
    ALICE,
    BOB,
    CAROL,
    GLOBEX,
    STANDUP,
    T0,
    call,
    conference,
    enter,
    participant,
    standup,
)
from dialects.restcomm_asking import ROOMS, ask, is_empty, read
from hubbub.dialects.contract import Desk
from hubbub.domain.conference import ConferenceState

ROOM = f"{ROOMS}/CF{STANDUP}"
INSIDE = f"{ROOM}/Participants"
URI = f"/2012-04-24/Accounts/AC{ACME}/Conferences/CF{STANDUP}/Participants"
CALL_URI = f"/2012-04-24/Accounts/AC{ACME}/Calls/CA{ALICE}"


async def test_a_list_in_json_to_the_byte(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE, muted=True, end_on_exit=True))
    paging = "?Page\\u003d0\\u0026PageSize\\u003d50\\u0026Limit\\u003d10000"
    assert (await ask(desk, f"{INSIDE}.json")).body.decode() == (
        "{\n"
        '  "page": 0,\n'
        '  "num_pages": 0,\n'
        '  "page_size": 50,\n'
        '  "total": 1,\n'
        '  "limit": 10000,\n'
        '  "start": "0",\n'
        '  "end": "1",\n'
        f'  "uri": "{URI}",\n'
        f'  "first_page_uri": "{URI}{paging}",\n'
        '  "previous_page_uri": "null",\n'
        '  "next_page_uri": "null",\n'
        f'  "last_page_uri": "{URI}{paging}",\n'
        '  "calls": [\n'
        "    {\n"
        f'      "sid": "CA{ALICE}",\n'
        f'      "conference_sid": "CF{STANDUP}",\n'
        '      "date_created": "Mon, 4 May 2026 09:29:55 +0000",\n'
        '      "date_updated": "Mon, 4 May 2026 09:30:00 +0000",\n'
        f'      "account_sid": "AC{ACME}",\n'
        '      "muted": true,\n'
        '      "hold": false,\n'
        '      "start_conference_on_enter": true,\n'
        '      "end_conference_on_enter": true,\n'
        f'      "uri": "{CALL_URI}.json"\n'
        "    }\n"
        "  ]\n"
        "}"
    )


async def test_a_list_in_xml_to_the_byte(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE, held=True, start_on_enter=False))
    link = f"{URI}?Page=0&amp;PageSize=50&amp;Limit=10000"
    assert (await ask(desk, INSIDE)).body.decode() == (
        "<RestcommResponse>\n"
        '  <Calls page="0" numpages="0" pagesize="50" total="1" start="0" end="1" '
        f'uri="{URI}" firstpageuri="{link}" previouspageuri="null" nextpageuri="null" lastpageuri="{link}">\n'
        "    <Call>\n"
        f"      <Sid>CA{ALICE}</Sid>\n"
        f"      <ConferenceSid>CF{STANDUP}</ConferenceSid>\n"
        "      <DateCreated>Mon, 4 May 2026 09:29:55 +0000</DateCreated>\n"
        "      <DateUpdated>Mon, 4 May 2026 09:30:00 +0000</DateUpdated>\n"
        f"      <AccountSid>AC{ACME}</AccountSid>\n"
        "      <Muted>false</Muted>\n"
        "      <Hold>true</Hold>\n"
        "      <StartConferenceOnEnter>false</StartConferenceOnEnter>\n"
        "      <EndConferenceOnEnter>false</EndConferenceOnEnter>\n"
        f"      <Uri>{CALL_URI}</Uri>\n"
        "    </Call>\n"
        "  </Calls>\n"
        "</RestcommResponse>"
    )


async def test_one_participant_in_both_forms(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE))
    (row,) = read(await ask(desk, f"{INSIDE}.json"))["calls"]
    assert read(await ask(desk, f"{INSIDE}/CA{ALICE}.json")) == row
    xml = (await ask(desk, f"{INSIDE}/CA{ALICE}")).body.decode()
    assert xml.startswith(f"<RestcommResponse>\n  <Call>\n    <Sid>CA{ALICE}</Sid>\n")
    assert xml.endswith(f"    <Uri>{CALL_URI}</Uri>\n  </Call>\n</RestcommResponse>")


async def test_pages_are_sliced_and_those_who_left_are_gone(desk: Desk, store: Any) -> None:
    await enter(
        store,
        standup(),
        *(call(id_) for id_ in (ALICE, BOB, CAROL)),
        participant(ALICE, joined_at_ms=T0 + 3),
        participant(BOB, joined_at_ms=T0 + 1),
        participant(CAROL, joined_at_ms=T0 + 2),
    )
    first = read(await ask(desk, f"{INSIDE}.json?PageSize=2"))
    assert [row["sid"] for row in first["calls"]] == ["CA" + BOB, "CA" + CAROL]
    assert (first["total"], first["num_pages"], first["end"]) == (3, 1, "1")
    assert first["next_page_uri"] == f"{URI}?Page=1&PageSize=2&Limit=10000&AfterSid=CA{CAROL}"
    second = read(await ask(desk, f"{INSIDE}.json?PageSize=2&Page=1"))
    assert [row["sid"] for row in second["calls"]] == ["CA" + ALICE]
    await enter(store, participant(BOB, joined_at_ms=T0 + 1, left_at_ms=T0 + 9))
    assert read(await ask(desk, f"{INSIDE}.json"))["total"] == 2
    assert is_empty(await ask(desk, f"{INSIDE}?Page=2&PageSize=2"), 400)


async def test_a_room_that_is_over_or_unknown_has_no_participants(desk: Desk, store: Any) -> None:
    await enter(store, standup(state=ConferenceState.COMPLETED), call(ALICE), participant(ALICE))
    for path in (
        f"{INSIDE}.json",
        f"{ROOMS}/CF{'9' * 32}/Participants.json",
        f"{ROOMS}/{'Z' * 34}/Participants.json",
    ):
        said = read(await ask(desk, path))
        assert (said["total"], said["start"], said["end"], said["calls"]) == (0, "0", "0", [])


@pytest.mark.parametrize("sid", ["x", "CF1", "CF" + "0" * 33, "%5B" * 34, "CF-" + "0" * 31])
async def test_a_malformed_conference_sid_is_404_and_empty(desk: Desk, sid: str) -> None:
    assert is_empty(await ask(desk, f"{ROOMS}/{sid}/Participants"), 404)


async def test_the_participants_of_a_strangers_room_are_403(desk: Desk, store: Any) -> None:
    await enter(store, standup(account_id=GLOBEX), call(ALICE, account_id=GLOBEX), participant(ALICE))
    assert is_empty(await ask(desk, INSIDE), 403)
    assert is_empty(await ask(desk, f"{INSIDE}/CA{ALICE}"), 403)


@pytest.mark.parametrize("sid", ["CA" + BOB, "CAx", "x", "%00", "CF" + STANDUP, "CA" + "g" * 32])
async def test_an_unknown_call_is_404_and_empty(desk: Desk, store: Any, sid: str) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE))
    assert is_empty(await ask(desk, f"{INSIDE}/{sid}"), 404)


async def test_the_conference_in_an_instances_path_is_ignored(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE))
    said = read(await ask(desk, f"{ROOMS}/CF{'9' * 32}/Participants/CA{ALICE}.json"))
    assert said["conference_sid"] == "CF" + STANDUP


async def test_a_call_in_no_conference_leaves_the_conference_out(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE, conference_id=None))
    said = read(await ask(desk, f"{INSIDE}/CA{ALICE}.json"))
    assert "conference_sid" not in said
    assert (said["muted"], said["hold"], said["start_conference_on_enter"]) == (False, False, True)
    assert b"    <ConferenceSid/>\n" in (await ask(desk, f"{INSIDE}/CA{ALICE}")).body


async def test_a_call_sid_of_69_characters_is_kept_and_found(desk: Desk, store: Any) -> None:
    given = "ID" + "1" * 32 + "-CA" + "2" * 32
    assert len(given) == 69
    await enter(store, standup(node=None), call(ALICE, given_id=given), participant(ALICE))
    (row,) = read(await ask(desk, f"{INSIDE}.json"))["calls"]
    assert row["sid"] == given
    assert row["uri"].endswith(f"/Calls/{given}.json")
    assert read(await ask(desk, f"{INSIDE}/{given}.json")) == row
    assert is_empty(await ask(desk, f"{INSIDE}/CA{ALICE}"), 404)


@pytest.mark.parametrize(
    ("moderator", "starter", "asked", "muted"),
    [
        (False, False, False, True),
        (False, True, False, False),
        (False, True, True, True),
        (True, False, False, False),
        (True, False, True, True),
    ],
)
async def test_a_member_is_muted_while_it_waits_for_a_moderator(
    desk: Desk, store: Any, moderator: bool, starter: bool, asked: bool, muted: bool
) -> None:
    room = standup(state=ConferenceState.INIT, moderator_present=moderator)
    await enter(store, room, call(ALICE), participant(ALICE, start_on_enter=starter, muted=asked))
    (row,) = read(await ask(desk, f"{INSIDE}.json"))["calls"]
    assert row["muted"] is muted
    assert read(await ask(desk, f"{INSIDE}/CA{ALICE}.json"))["muted"] is muted


async def test_the_first_to_wait_hears_music_and_says_hold(desk: Desk, store: Any) -> None:
    waiting = standup(state=ConferenceState.INIT, moderator_present=False)
    await enter(
        store,
        waiting,
        call(ALICE),
        call(BOB),
        participant(ALICE, start_on_enter=False),
        participant(BOB, start_on_enter=False, joined_at_ms=T0 + 1),
    )
    rows = read(await ask(desk, f"{INSIDE}.json"))["calls"]
    assert [(row["muted"], row["hold"]) for row in rows] == [(True, True), (True, False)]
    for row in rows:
        assert read(await ask(desk, f"{INSIDE}/{row['sid']}.json")) == row
    assert read(await ask(desk, f"{INSIDE}.json?PageSize=1&Page=1"))["calls"] == rows[1:]


async def test_nobody_hears_music_in_an_imported_room(desk: Desk, store: Any) -> None:
    imported = standup(state=ConferenceState.INIT, moderator_present=False, node=None)
    await enter(store, imported, call(ALICE), participant(ALICE, start_on_enter=False))
    (row,) = read(await ask(desk, f"{INSIDE}.json"))["calls"]
    assert (row["muted"], row["hold"]) == (True, False)


async def test_date_updated_follows_a_change_of_the_membership(desk: Desk, store: Any) -> None:
    await enter(store, standup(), call(ALICE), participant(ALICE, updated_at_ms=T0 + 60_000))
    (row,) = read(await ask(desk, f"{INSIDE}.json"))["calls"]
    assert row["date_updated"] == "Mon, 4 May 2026 09:31:00 +0000"


async def test_a_call_that_left_its_conference_is_no_longer_waiting(desk: Desk, store: Any) -> None:
    room = conference(0, id=STANDUP, moderator_present=False)
    gone = participant(ALICE, start_on_enter=False, left_at_ms=T0 + 1)
    await enter(store, room, call(ALICE), gone)
    assert read(await ask(desk, f"{INSIDE}/CA{ALICE}.json"))["muted"] is False
