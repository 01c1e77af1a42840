"""Which conferences a list holds, and in which order."""

from typing import Any

import pytest

from desks import make_desk
from dialects.cast import GLOBEX, T0, conference, enter, standup
from dialects.twilio_asking import ROOMS, ask, read, refusal, sids
from hubbub.dialects.contract import Desk, DialectSettings
from hubbub.domain.conference import ConferenceState
from hubbub.domain.ids import ConferenceId

LIST = f"{ROOMS}.json"
DAY_MS = 86_400_000
MIDNIGHT = T0 - T0 % DAY_MS
"""2026-05-04T00:00:00Z"""


def sid(number: int) -> str:
    return f"CF{number:032x}"


async def test_without_a_status_only_rooms_in_progress_are_listed(desk: Desk, store: Any) -> None:
    waiting = standup(id="1" * 32, name="waiting", state=ConferenceState.INIT)
    await enter(store, standup(), waiting, conference(2))
    assert await sids(desk, LIST) == ["CF" + standup().id]


async def test_the_default_can_be_set_to_what_it_was_before_2026(store: Any) -> None:
    desk = make_desk(store, DialectSettings(twilio_list_default="all"))
    await enter(store, conference(1), standup(created_at_ms=T0 + 5000), conference(9))
    assert await sids(desk, LIST) == [sid(9), "CF" + standup().id, sid(1)]
    assert await sids(desk, f"{LIST}?Status=completed") == [sid(9), sid(1)]


@pytest.mark.parametrize("moderator", [True, False])
async def test_each_status_is_found_whoever_is_inside(desk: Desk, store: Any, moderator: bool) -> None:
    for number, state in enumerate(ConferenceState):
        await enter(store, conference(number, state=state, moderator_present=moderator, name=str(number)))
    assert await sids(desk, f"{LIST}?Status=init") == [sid(0)]
    assert await sids(desk, f"{LIST}?Status=in-progress") == [sid(1)]
    assert await sids(desk, f"{LIST}?Status=completed") == [sid(2)]


async def test_the_newest_comes_first_and_ids_break_ties(desk: Desk, store: Any) -> None:
    await enter(store, conference(1), conference(3), conference(2, created_at_ms=conference(3).created_at_ms))
    assert await sids(desk, f"{LIST}?Status=completed") == [sid(3), sid(2), sid(1)]


async def test_a_friendly_name_matches_exactly(desk: Desk, store: Any) -> None:
    await enter(
        store, conference(1, name="My Room"), conference(2, name="my room"), conference(3, name="My Room 2")
    )
    assert await sids(desk, f"{LIST}?Status=completed&FriendlyName=My+Room") == [sid(1)]
    assert await sids(desk, f"{LIST}?Status=completed&FriendlyName=My%20Room") == [sid(1)]
    assert await sids(desk, f"{LIST}?Status=completed&FriendlyName=") == []


async def test_other_accounts_rooms_are_not_listed(desk: Desk, store: Any) -> None:
    await enter(store, conference(1, account_id=GLOBEX))
    assert await sids(desk, f"{LIST}?Status=completed") == []


@pytest.fixture
async def a_week(store: Any) -> None:
    """Rooms 1 to 4: the last millisecond of the day before, midnight, noon, the next midnight."""
    for number, at_ms in enumerate((-1, 0, DAY_MS // 2, DAY_MS), start=1):
        at = MIDNIGHT + at_ms
        await enter(store, conference(number, created_at_ms=at, updated_at_ms=at))


@pytest.mark.usefixtures("a_week")
@pytest.mark.parametrize("name", ["DateCreated", "DateUpdated"])
@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ("{}=2026-05-04", [3, 2]),
        ("{}%3E=2026-05-04", [4, 3, 2]),
        ("{}>=2026-05-04", [4, 3, 2]),
        ("{}%3C=2026-05-04", [2, 1]),
        ("{}<=2026-05-04", [2, 1]),
        ("{}>=2026-05-04&{}<=2026-05-05", [4, 3, 2]),
        ("{}=2026-05-04&{}>=2026-05-05", []),
        ("{}=2026-05-06", []),
        ("{}>=2026-05-03&{}=2026-05-03", [1]),
    ],
)
async def test_dates_are_utc_days_with_inclusive_inequalities(
    desk: Desk, name: str, filters: str, found: list[int]
) -> None:
    query = filters.replace("{}", name)
    assert await sids(desk, f"{LIST}?Status=completed&{query}") == [sid(number) for number in found]


@pytest.mark.parametrize(
    "query",
    [
        "Status=complete",
        "Status=",
        "Status=IN-PROGRESS",
        "DateCreated=2026-5-4",
        "DateCreated=2026-02-30",
        "DateCreated%3E=2026-05-04T00:00:00Z",
        "DateUpdated%3C=yesterday",
        "DateUpdated=",
        "PageSize=many",
        "PageSize=",
        "PageSize=1.5",
        "Page=²",
        "PageToken=PA",
        "PageToken=PACF1.2",
        "PageToken=PXCF00000000000000000000000000000001.5",
        "PageToken=PACP00000000000000000000000000000001.5",
        "PageToken=PACF00000000000000000000000000000001.",
        "PageToken=PACF00000000000000000000000000000001.9999999999999999",
        "PageToken=%00",
    ],
)
async def test_a_value_that_breaks_its_rule_is_refused(desk: Desk, query: str) -> None:
    status, code, message = refusal(await ask(desk, f"{LIST}?{query}"))
    assert (status, code) == (400, 20001)
    assert "Invalid parameter" in message


async def test_unknown_parameters_and_wrong_letter_case_are_ignored(desk: Desk, store: Any) -> None:
    await enter(store, standup())
    assert await sids(desk, f"{LIST}?friendlyname=x&Stauts=init&=&%00=1") == ["CF" + standup().id]


async def test_of_a_repeated_parameter_the_last_counts(desk: Desk, store: Any) -> None:
    await enter(store, conference(1), standup())
    assert await sids(desk, f"{LIST}?Status=in-progress&Status=completed") == [sid(1)]


async def test_the_seeds_questions_are_answered(desk: Desk, store: Any) -> None:
    """The three samples of the vendor's page, typed as they stand there."""
    at = 1_246_838_400_000  # 2009-07-06
    live = conference(1, name="MyRoom", state=ConferenceState.IN_PROGRESS, created_at_ms=at + 5)
    await enter(
        store, live, conference(2, created_at_ms=at + DAY_MS - 1), conference(3, created_at_ms=at - 1)
    )
    assert await sids(desk, f"{LIST}?Status=in-progress&FriendlyName=MyRoom") == [sid(1)]
    assert await sids(desk, f"{LIST}?Status=completed&DateCreated=2009-07-06") == [sid(2)]
    assert await sids(desk, f"{LIST}?Status=in-progress&DateCreated>=2009-07-06") == [sid(1)]


async def test_the_row_text_says_what_the_fetched_resource_says(desk: Desk, store: Any) -> None:
    """The list writes its rows by hand, for speed; they must not drift from the resource."""
    await enter(
        store,
        conference(1, name='"quoted"\\ \u2028 ☎'),
        conference(2, region="de1", reason_ended=None),
        standup(id=ConferenceId("3" * 32), state=ConferenceState.INIT, name="3"),
    )
    for status in ("completed", "init"):
        for row in read(await ask(desk, f"{LIST}?Status={status}"))["conferences"]:
            assert row == read(await ask(desk, row["uri"]))


async def test_a_row_that_changed_is_printed_anew(store: Any) -> None:
    """Texts of rows are kept; a change of anything printed must show, whatever its time stamp."""
    desk, abroad = make_desk(store), make_desk(store, DialectSettings(region="au1"))
    base = standup(id="5" * 32)
    seen = []
    for row in (base, base._replace(name="n"), base._replace(region="jp1"), base._replace(updated_at_ms=T0)):
        await enter(store, row)
        for each in (desk, abroad):
            [said] = read(await ask(each, LIST))["conferences"]
            assert said == read(await ask(each, said["uri"]))
            seen.append((said["friendly_name"], said["region"], said["date_updated"]))
    assert len(set(seen)) == 7


async def test_texts_are_kept_for_so_many_rooms_only(
    desk: Desk, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hubbub.dialects.twilio.conferences.TEXTS_MAX", 2)
    await enter(store, *(conference(n) for n in range(5)))
    for _ in range(2):
        assert await sids(desk, f"{LIST}?Status=completed") == [sid(n) for n in (4, 3, 2, 1, 0)]
