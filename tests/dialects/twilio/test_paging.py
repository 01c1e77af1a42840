"""Pages: sizes, links, and a walk to the end that misses nothing."""

from typing import Any

import pytest

from dialects.cast import conference, enter
from dialects.twilio_asking import ROOMS, ask, read
from hubbub.dialects.contract import Desk

LIST = f"{ROOMS}.json?Status=completed"
ENVELOPE = {
    "conferences",
    "end",
    "first_page_uri",
    "next_page_uri",
    "page",
    "page_size",
    "previous_page_uri",
    "start",
    "uri",
}


@pytest.fixture(autouse=True)
async def rooms(store: Any) -> None:
    """Seven rooms; 3, 4 and 5 were made in one millisecond."""
    await enter(
        store,
        *(
            conference(n, created_at_ms=conference(4 if 3 <= n <= 5 else n).created_at_ms)
            for n in range(1, 8)
        ),
    )


def numbers(page: Any) -> list[int]:
    return [int(row["sid"][2:], 16) for row in page["conferences"]]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50, 1000])
async def test_following_the_links_meets_every_room_once_and_leads_back(desk: Desk, size: int) -> None:
    page = read(await ask(desk, f"{LIST}&PageSize={size}"))
    met: list[int] = []
    pages = [page]
    while True:
        assert set(page) == ENVELOPE
        met += numbers(page)
        assert page["start"] == page["page"] * size
        assert page["end"] == page["start"] + len(page["conferences"]) - 1
        if page["next_page_uri"] is None:
            break
        page = read(await ask(desk, page["next_page_uri"]))
        pages.append(page)
    assert met == [7, 6, 5, 4, 3, 2, 1]
    assert [page["page"] for page in pages] == list(range(len(pages)))
    for earlier in reversed(pages[:-1]):
        page = read(await ask(desk, page["previous_page_uri"]))
        assert numbers(page) == numbers(earlier)
        assert (page["page"], page["start"], page["end"]) == (
            earlier["page"],
            earlier["start"],
            earlier["end"],
        )
    assert page["previous_page_uri"] is None


async def test_every_uri_of_a_page_leads_to_that_page(desk: Desk) -> None:
    first = read(await ask(desk, f"{LIST}&PageSize=2"))
    second = read(await ask(desk, first["next_page_uri"]))
    assert read(await ask(desk, second["uri"])) == second
    assert read(await ask(desk, second["first_page_uri"])) == first


async def test_links_repeat_the_filters_and_nothing_else(desk: Desk) -> None:
    page = read(
        await ask(desk, f"{LIST}&DateCreated>=2009-07-06&FriendlyName=my%26Conf+1&Unknown=x&PageSize=2")
    )
    assert page["uri"] == (
        f"{ROOMS}.json?Status=completed&DateCreated%3E=2009-07-06&FriendlyName=my%26Conf+1&PageSize=2&Page=0"
    )


async def test_a_page_stays_where_it_was_while_rooms_are_added(desk: Desk, store: Any) -> None:
    first = read(await ask(desk, f"{LIST}&PageSize=2"))
    await enter(store, conference(100))
    second = read(await ask(desk, first["next_page_uri"]))
    assert numbers(second) == [5, 4]
    assert numbers(read(await ask(desk, second["previous_page_uri"]))) == [7, 6]


async def test_a_page_number_alone_is_an_offset(desk: Desk) -> None:
    page = read(await ask(desk, f"{LIST}&PageSize=2&Page=2"))
    assert numbers(page) == [3, 2]
    assert (page["start"], page["end"]) == (4, 5)
    assert numbers(read(await ask(desk, page["previous_page_uri"]))) == [5, 4]


async def test_past_the_end_is_an_empty_page_that_leads_nowhere(desk: Desk) -> None:
    for query in ("PageSize=50&Page=9", "Page=999999999999999999999"):
        page = read(await ask(desk, f"{LIST}&{query}"))
        assert numbers(page) == []
        assert (page["start"], page["end"], page["next_page_uri"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", 50),
        ("0", 1),
        ("-5", 1),
        ("1", 1),
        ("1000", 1000),
        ("1001", 1000),
        ("5000", 1000),
        ("9" * 5000, 1000),
    ],
)
async def test_a_page_size_is_brought_between_1_and_1000(desk: Desk, asked: str, given: int) -> None:
    query = f"&PageSize={asked}" if asked else ""
    assert read(await ask(desk, LIST + query))["page_size"] == given


async def test_an_empty_list_starts_and_ends_at_0(desk: Desk) -> None:
    page = read(await ask(desk, f"{ROOMS}.json?Status=init"))
    assert (page["start"], page["end"], page["conferences"]) == (0, 0, [])
    assert page["next_page_uri"] is page["previous_page_uri"] is None
