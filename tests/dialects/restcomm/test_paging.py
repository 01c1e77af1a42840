"""Page numbers, totals and links, row by row of the arithmetic.

Restcomm Connect API guide, "Paging". Where releases and the hosted service differ at exact multiples, the
last page is the last that has rows, and the empty one behind it is still answered.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialects.cast import ACME, conference, enter
from dialects.restcomm_asking import ROOMS, ROOMS_JSON, ask, is_empty, read
from hubbub.dialects.contract import Desk
from hubbub.dialects.restcomm.paging import Ask, envelope

URI = f"/2012-04-24/Accounts/AC{ACME}/Conferences"

ROWS = [
    # total, size, page: last page, rows, start, end
    (0, 50, 0, 0, 0, "0", "0"),
    (2, 50, 0, 0, 2, "0", "2"),
    (1, 1, 0, 0, 1, "0", "1"),
    (1, 1, 1, 0, 0, "1", "1"),
    (4, 2, 0, 1, 2, "0", "1"),
    (4, 2, 1, 1, 2, "2", "4"),
    (4, 2, 2, 1, 0, "4", "4"),
    (5, 2, 0, 2, 2, "0", "1"),
    (5, 2, 1, 2, 2, "2", "3"),
    (5, 2, 2, 2, 1, "4", "5"),
    (448, 50, 0, 8, 50, "0", "49"),
    (448, 50, 2, 8, 50, "100", "149"),
    (448, 50, 8, 8, 48, "400", "448"),
]


@pytest.mark.parametrize(("total", "size", "page", "last", "rows", "start", "end"), ROWS)
async def test_every_row_of_the_paging_table(
    desk: Desk, store: Any, total: int, size: int, page: int, last: int, rows: int, start: str, end: str
) -> None:
    await enter(store, *(conference(n) for n in range(total)))
    said = read(await ask(desk, f"{ROOMS_JSON}?Page={page}&PageSize={size}"))
    assert (said["page"], said["page_size"], said["total"]) == (page, size, total)
    assert (said["num_pages"], len(said["conferences"])) == (last, rows)
    assert (said["start"], said["end"]) == (start, end)
    around = f"{URI}?Page={{}}&PageSize={size}&Limit=10000"
    assert said["first_page_uri"] == around.format(0)
    assert said["last_page_uri"] == around.format(last)
    assert said["previous_page_uri"] == (around.format(page - 1) if page else "null")
    if page < last:
        sid = said["conferences"][-1]["sid"]
        assert said["next_page_uri"] == f"{around.format(page + 1)}&AfterSid={sid}"
    else:
        assert said["next_page_uri"] == "null"


@pytest.mark.parametrize(("total", "size", "page"), [(0, 50, 1), (4, 2, 3), (5, 2, 3), (1, 50, 1), (1, 1, 2)])
async def test_a_page_beyond_the_last_is_400_and_empty(
    desk: Desk, store: Any, total: int, size: int, page: int
) -> None:
    await enter(store, *(conference(n) for n in range(total)))
    assert is_empty(await ask(desk, f"{ROOMS_JSON}?Page={page}&PageSize={size}"), 400)


@pytest.mark.parametrize("size", [1, 2, 3, 50])
async def test_following_next_visits_every_row_once(desk: Desk, store: Any, size: int) -> None:
    await enter(store, *(conference(n) for n in range(6)))
    seen: list[str] = []
    url = f"{ROOMS}?PageSize={size}"
    while url != "null":
        said = read(await ask(desk, url, accept="application/json"))
        seen += [row["sid"][-1] for row in said["conferences"]]
        url = said["next_page_uri"]
    assert seen == list("012345")


@pytest.mark.parametrize("root", ["", "/restcomm"])
async def test_a_printed_uri_works_below_either_root_and_without_accept_is_xml(
    desk: Desk, store: Any, root: str
) -> None:
    await enter(store, conference(1), conference(2))
    said = read(await ask(desk, f"{ROOMS_JSON}?PageSize=1"))
    response = await ask(desk, root + said["next_page_uri"])
    assert response.content_type == "application/xml"
    assert b"<Sid>CF00000000000000000000000000000002</Sid>" in response.body


@pytest.mark.parametrize(
    ("limit", "total", "last", "sids"), [(10_000, 5, 2, "4"), (5, 5, 2, "4"), (4, 4, 1, ""), (6, 5, 2, "4")]
)
async def test_limit_bounds_the_whole_list_and_is_in_every_link(
    desk: Desk, store: Any, limit: int, total: int, last: int, sids: str
) -> None:
    await enter(store, *(conference(n) for n in range(5)))
    said = read(await ask(desk, f"{ROOMS_JSON}?Page=2&PageSize=2&Limit={limit}"))
    assert (said["limit"], said["total"], said["num_pages"]) == (limit, total, last)
    assert "".join(row["sid"][-1] for row in said["conferences"]) == sids
    for name in ("first_page_uri", "previous_page_uri", "last_page_uri"):
        assert said[name].endswith(f"&PageSize=2&Limit={limit}")


async def test_a_limit_below_one_page_cuts_the_page(desk: Desk, store: Any) -> None:
    await enter(store, *(conference(n) for n in range(5)))
    said = read(await ask(desk, f"{ROOMS_JSON}?Limit=3"))
    assert (said["page_size"], said["total"], said["end"]) == (50, 3, "3")
    assert len(said["conferences"]) == 3


async def test_filters_are_never_repeated_in_links(desk: Desk, store: Any) -> None:
    await enter(store, conference(1), conference(2))
    said = read(await ask(desk, f"{ROOMS_JSON}?Status=COMPLETED&FriendlyName=myConf&PageSize=1"))
    assert said["uri"] == URI
    for name in ("first_page_uri", "next_page_uri", "last_page_uri"):
        assert "Status" not in said[name]
        assert "FriendlyName" not in said[name]


async def test_page_zero_equals_no_page(desk: Desk, store: Any) -> None:
    await enter(store, conference(1))
    assert (await ask(desk, f"{ROOMS}?Page=0")).body == (await ask(desk, ROOMS)).body


@given(st.integers(0, 500), st.integers(1, 60))
def test_pages_tile_the_list_whatever_its_length(total: int, size: int) -> None:
    covered = 0
    page = 0
    while True:
        rows = max(min(size, total - page * size), 0)
        around = envelope(Ask(page, size, 10_000), total, rows, "/u", "CFx")
        assert around.start == covered
        covered += rows
        if around.next == "null":
            break
        assert around.end == covered - 1
        page += 1
    assert covered == total == around.end
    assert page == around.num_pages
