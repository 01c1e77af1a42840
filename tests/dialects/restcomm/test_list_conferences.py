"""GET /Accounts/{AccountSid}/Conferences.

Restcomm Connect API guide, "Conferences: list resource", "list filter", "paging information".
"""

from typing import Any

import pytest

from dialects.cast import ACME, GLOBEX, T0, conference, enter, standup
from dialects.restcomm_asking import ROOMS, ROOMS_JSON, ask, is_empty, read
from hubbub.dialects.contract import Desk, DialectSettings
from hubbub.domain.conference import ConferenceState
from hubbub.domain.ids import ConferenceId

URI = f"/2012-04-24/Accounts/AC{ACME}/Conferences"
DAY_S = 86_400


async def test_an_empty_list_in_json_to_the_byte(desk: Desk) -> None:
    response = await ask(desk, ROOMS_JSON)
    assert response.content_type == "application/json"
    assert response.body.decode() == (
        "{\n"
        '  "page": 0,\n'
        '  "num_pages": 0,\n'
        '  "page_size": 50,\n'
        '  "total": 0,\n'
        '  "limit": 10000,\n'
        '  "start": "0",\n'
        '  "end": "0",\n'
        f'  "uri": "{URI}",\n'
        f'  "first_page_uri": "{URI}?Page=0&PageSize=50&Limit=10000",\n'
        '  "previous_page_uri": "null",\n'
        '  "next_page_uri": "null",\n'
        f'  "last_page_uri": "{URI}?Page=0&PageSize=50&Limit=10000",\n'
        '  "conferences": []\n'
        "}"
    )


async def test_the_vendors_sample_of_one_row_comes_out_to_the_byte(desk: Desk, store: Any) -> None:
    await enter(
        store, conference(1, name="1111", created_at_ms=1_464_700_551_000, updated_at_ms=1_464_786_304_999)
    )
    response = await ask(desk, f"{ROOMS_JSON}?PageSize=1&Limit=500")
    sid = "CF00000000000000000000000000000001"
    assert response.body.decode() == (
        "{\n"
        '  "page": 0,\n'
        '  "num_pages": 0,\n'
        '  "page_size": 1,\n'
        '  "total": 1,\n'
        '  "limit": 500,\n'
        '  "start": "0",\n'
        '  "end": "1",\n'
        f'  "uri": "{URI}",\n'
        f'  "first_page_uri": "{URI}?Page=0&PageSize=1&Limit=500",\n'
        '  "previous_page_uri": "null",\n'
        '  "next_page_uri": "null",\n'
        f'  "last_page_uri": "{URI}?Page=0&PageSize=1&Limit=500",\n'
        '  "conferences": [\n'
        "    {\n"
        f'      "sid": "{sid}",\n'
        '      "date_created": "Tue, 31 May 2016 13:15:51 +0000",\n'
        '      "date_updated": "Wed, 1 Jun 2016 13:05:04 +0000",\n'
        f'      "account_sid": "AC{ACME}",\n'
        '      "status": "COMPLETED",\n'
        '      "api_version": "2012-04-24",\n'
        '      "friendly_name": "1111",\n'
        f'      "uri": "{URI}/{sid}.json",\n'
        '      "subresource_uris": {\n'
        f'        "participants": "{URI}/{sid}/Participants.json"\n'
        "      }\n"
        "    }\n"
        "  ]\n"
        "}"
    )


async def test_a_list_in_xml_to_the_byte(desk: Desk, store: Any) -> None:
    await enter(store, conference(1, name="R&D <x>"), conference(2))
    response = await ask(desk, f"{ROOMS}?PageSize=1")
    sid = "CF00000000000000000000000000000001"
    link = f"{URI}?Page={{}}&amp;PageSize=1&amp;Limit=10000"
    assert response.content_type == "application/xml"
    assert response.body.decode() == (
        "<RestcommResponse>\n"
        '  <Conferences page="0" numpages="1" pagesize="1" total="2" start="0" end="0" '
        f'uri="{URI}" firstpageuri="{link.format(0)}" previouspageuri="null" '
        f'nextpageuri="{link.format(1)}&amp;AfterSid={sid}" lastpageuri="{link.format(1)}">\n'
        "    <Conference>\n"
        f"      <Sid>{sid}</Sid>\n"
        "      <DateCreated>Mon, 4 May 2026 09:30:01 +0000</DateCreated>\n"
        "      <DateUpdated>Mon, 4 May 2026 09:30:01 +0000</DateUpdated>\n"
        f"      <AccountSid>AC{ACME}</AccountSid>\n"
        "      <Status>COMPLETED</Status>\n"
        "      <ApiVersion>2012-04-24</ApiVersion>\n"
        "      <FriendlyName>R&amp;D &lt;x&gt;</FriendlyName>\n"
        f"      <Uri>{URI}/{sid}</Uri>\n"
        "      <SubresourceUris>\n"
        f"        <Participants>{URI}/{sid}/Participants</Participants>\n"
        "      </SubresourceUris>\n"
        "    </Conference>\n"
        "  </Conferences>\n"
        "</RestcommResponse>"
    )


async def test_an_empty_list_in_xml_is_one_element(desk: Desk) -> None:
    text = (await ask(desk, ROOMS)).body.decode()
    assert text.startswith(
        '<RestcommResponse>\n  <Conferences page="0" numpages="0" pagesize="50" total="0" '
    )
    assert text.endswith('Limit=10000"/>\n</RestcommResponse>')


async def test_the_extra_level_of_released_servers_is_behind_a_setting(desk: Desk, store: Any) -> None:
    await enter(store, conference(1))
    classic = desk._replace(settings=DialectSettings(restcomm_object_level=True))
    lines = (await ask(classic, ROOMS)).body.decode().split("\n")
    assert lines[1] == '  <object class="org.restcomm.connect.dao.entities.ConferenceDetailRecordList">'
    assert lines[2].startswith('    <Conferences page="0"')
    assert lines[3] == "      <Conference>"
    assert lines[-3:] == ["    </Conferences>", "  </object>", "</RestcommResponse>"]
    assert (await ask(classic, ROOMS_JSON)).body == (await ask(desk, ROOMS_JSON)).body


@pytest.mark.parametrize(
    ("state", "moderator", "status"),
    [
        (ConferenceState.INIT, False, "RUNNING_MODERATOR_ABSENT"),
        (ConferenceState.INIT, True, "RUNNING_MODERATOR_PRESENT"),
        (ConferenceState.IN_PROGRESS, False, "RUNNING_MODERATOR_ABSENT"),
        (ConferenceState.IN_PROGRESS, True, "RUNNING_MODERATOR_PRESENT"),
        (ConferenceState.COMPLETED, False, "COMPLETED"),
        (ConferenceState.COMPLETED, True, "COMPLETED"),
    ],
)
async def test_status_tells_of_the_moderator_while_the_room_runs(
    desk: Desk, store: Any, state: ConferenceState, moderator: bool, status: str
) -> None:
    await enter(store, standup(state=state, moderator_present=moderator))
    (row,) = read(await ask(desk, ROOMS_JSON))["conferences"]
    assert row["status"] == status
    (found,) = read(await ask(desk, f"{ROOMS_JSON}?Status={status}"))["conferences"]
    assert found == row


async def fill_with_rooms(store: Any) -> None:
    """Rooms 1 absent, 2 present, 3 over, 4 over on the next day."""
    running = {"state": ConferenceState.INIT, "completed_at_ms": None}
    await enter(
        store,
        conference(1, name="room_1", moderator_present=False, **running),
        conference(2, name="Room-2", **running),
        conference(3, name="1111"),
        conference(DAY_S, id=ConferenceId(f"{4:032x}"), name="11"),
    )


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("Status=COMPLETED", [3, 4]),
        ("Status=completed", []),
        ("Status=RUNNING%25", [1, 2]),
        ("Status=RUNNING", []),
        ("Status=%25MODERATOR%25", [1, 2]),
        ("Status=%25PRESENT", [2]),
        ("Status=COMPLETE_", [3, 4]),
        ("Status=%25", [1, 2, 3, 4]),
        ("Status=", []),
        ("Status=%25%25_%25", [1, 2, 3, 4]),
        ("Status=RUNNING%", [1, 2]),
        ("Status=COMPLETED&Status=RUNNING%25", [3, 4]),
        ("status=COMPLETED", [1, 2, 3, 4]),
        ("FriendlyName=1111", [3]),
        ("FriendlyName=11", [4]),
        ("FriendlyName=11%25", [3, 4]),
        ("FriendlyName=room_1", [1]),
        ("FriendlyName=_oom__", [1, 2]),
        ("FriendlyName=ROOM%25", []),
        ("FriendlyName=", []),
        ("DateCreated=2026-05-04", [1, 2, 3, 4]),
        ("DateCreated=2026-05-05", [4]),
        ("DateCreated=2026-05-06", []),
        ("DateUpdated=2026-05-03", []),
        ("DateUpdated=2026-05-04", [1, 2, 3]),
        ("DateUpdated=2026-05-05", [1, 2, 3, 4]),
        ("DateCreated=2026-05-05&DateUpdated=2026-05-04", []),
        ("Status=COMPLETED&FriendlyName=11%25&DateUpdated=2026-05-04", [3]),
        ("StartTime=x&EndTime=y&CallSid=z&SortBy=q:r&AfterSid=CFx&Reverse=1&SubAccounts=true", [1, 2, 3, 4]),
        ("DateCreated>=2026-05-06", [1, 2, 3, 4]),
    ],
)
async def test_filters_are_patterns_and_open_bounds_joined_by_and(
    desk: Desk, store: Any, query: str, numbers: list[int]
) -> None:
    await fill_with_rooms(store)
    said = read(await ask(desk, f"{ROOMS_JSON}?{query}"))
    assert [int(row["sid"][-2:]) for row in said["conferences"]] == numbers
    assert said["total"] == len(numbers)


async def test_the_upper_bound_includes_the_next_midnight_itself(desk: Desk, store: Any) -> None:
    midnight = T0 - T0 % (DAY_S * 1000)
    await enter(store, conference(1, updated_at_ms=midnight), conference(2, updated_at_ms=midnight + 1))
    rows = read(await ask(desk, f"{ROOMS_JSON}?DateUpdated=2026-05-03"))["conferences"]
    assert [row["sid"][-1] for row in rows] == ["1"]


async def test_a_list_holds_only_the_accounts_own_rows_oldest_first_ties_by_sid(
    desk: Desk, store: Any
) -> None:
    twins = [conference(n, created_at_ms=T0) for n in (9, 8)]
    await enter(store, conference(1), *twins, conference(2, account_id=GLOBEX))
    rows = read(await ask(desk, ROOMS_JSON))["conferences"]
    assert [row["sid"][-1] for row in rows] == ["8", "9", "1"]


@pytest.mark.parametrize(
    "date", ["", "abc", "31/05/2016", "20160531", "Tue, 31 May 2016 00:00:00 +0000", "2016-05", "--", "%00"]
)
@pytest.mark.parametrize("name", ["DateCreated", "DateUpdated"])
async def test_a_date_that_is_none_is_400_and_empty(desk: Desk, name: str, date: str) -> None:
    assert is_empty(await ask(desk, f"{ROOMS}?{name}={date}"), 400)


@pytest.mark.parametrize("name", ["Page", "PageSize", "Limit"])
@pytest.mark.parametrize(
    "value", ["", "abc", "-1", "1.5", "2147483648", "9" * 5000, "%D9%A1", "1_0", " 1", "+1"]
)
async def test_a_number_that_is_none_is_400_and_empty(desk: Desk, name: str, value: str) -> None:
    assert is_empty(await ask(desk, f"{ROOMS}?{name}={value}"), 400)


@pytest.mark.parametrize("name", ["PageSize", "Limit"])
async def test_zero_rows_cannot_be_asked_for(desk: Desk, name: str) -> None:
    assert is_empty(await ask(desk, f"{ROOMS}?{name}=0"), 400)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("PageSize=10000", 200),
        ("PageSize=2147483647", 200),
        ("Limit=2147483647", 200),
        ("PageSize=10000&Limit=2147483647", 200),
        ("PageSize=10001&Limit=10001", 400),
        ("Page=-0", 200),
        ("Page=%2B0", 200),
    ],
)
async def test_one_answer_has_at_most_ten_thousand_rows(desk: Desk, query: str, status: int) -> None:
    assert (await ask(desk, f"{ROOMS}?{query}")).status == status


async def test_names_with_brackets_do_not_confuse_a_client_that_cuts_the_text_at_brackets(
    desk: Desk, store: Any
) -> None:
    await enter(store, conference(1, name='a[b]"c"'), conference(2, name="\u00fc<&=>"))
    text = (await ask(desk, ROOMS_JSON)).body.decode()
    between = text.split("[")[1].split("]")[0]
    assert text.count("[") == text.count("]") == 1
    assert between.count('"sid"') == 2
    names = [row["friendly_name"] for row in read(await ask(desk, ROOMS_JSON))["conferences"]]
    assert names == ['a[b]"c"', "\u00fc<&=>"]


async def test_conferences_print_html_characters_as_they_are(desk: Desk, store: Any) -> None:
    await enter(store, conference(1, name="<&=>'"))
    assert '"friendly_name": "<&=>\'"' in (await ask(desk, ROOMS_JSON)).body.decode()


async def test_a_room_without_a_name_is_an_empty_element(desk: Desk, store: Any) -> None:
    await enter(store, conference(1, name=""))
    assert "      <FriendlyName/>\n" in (await ask(desk, ROOMS)).body.decode()


async def test_a_control_character_does_not_spoil_the_document(desk: Desk, store: Any) -> None:
    await enter(store, conference(1, name="a\x01b\x00"))
    assert "<FriendlyName>a\ufffdb\ufffd</FriendlyName>" in (await ask(desk, ROOMS)).body.decode()
    assert read(await ask(desk, ROOMS_JSON))["conferences"][0]["friendly_name"] == "a\x01b\x00"


@pytest.mark.parametrize("classic", [False, True])
async def test_a_line_break_in_a_name_survives_the_layout(desk: Desk, store: Any, classic: bool) -> None:
    await enter(store, conference(1, name="a\n    b"))
    desk = desk._replace(settings=DialectSettings(restcomm_object_level=classic))
    for path in (ROOMS, f"{ROOMS}/CF{1:032x}"):
        assert b"<FriendlyName>a&#10;    b</FriendlyName>" in (await ask(desk, path)).body
