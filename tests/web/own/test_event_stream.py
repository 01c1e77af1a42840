"""`GET /v1/events` as Server-Sent Events: each number once, across whatever happens to the connection."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest_asyncio

from desks import make_desk
from hubbub.clock import SystemClock
from hubbub.dialects.contract import HttpRequest, HttpResponse
from hubbub.dialects.shared.basic_auth import parse_basic
from hubbub.domain.account import AccountStatus
from hubbub.web.own import EventFeed
from hubbub.web.own import events as own_events
from web.own.conftest import ACME, ACME_LOGIN, GLOBEX, ROOMS, Place


class SlowClock(SystemClock):
    """The real clock, with heartbeats and slowness brought near by what it says of the time."""

    ahead_s = 0.0

    def mono_s(self) -> float:
        return super().mono_s() + self.ahead_s


@pytest_asyncio.fixture
async def place() -> Place:
    made = Place()
    await made.fill()
    made.clock = SlowClock()  # type: ignore[assignment]
    made.desk = make_desk(made.store)._replace(clock=made.clock)
    made.feed = EventFeed(made.store, made.clock)
    return made


def basic(login: tuple[str, str]) -> str:
    from base64 import b64encode

    text = "Basic " + b64encode(":".join(login).encode()).decode()
    assert parse_basic(text) is not None
    return text


class Reader:
    """Reads a stream's blocks one by one."""

    def __init__(self, response: HttpResponse) -> None:
        assert response.stream is not None, response.body
        assert response.stream.length_bytes is None
        self.chunks: AsyncIterator[bytes] = response.stream.chunks
        self.rest = ""

    async def block(self) -> dict[str, str]:
        """The next block's fields; a comment is the field ''."""
        while "\n\n" not in self.rest:
            async with asyncio.timeout(5):
                self.rest += (await anext(self.chunks)).decode()
        text, _, self.rest = self.rest.partition("\n\n")
        fields = {}
        for line in text.split("\n"):
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        return fields

    async def number(self) -> int:
        block = await self.block()
        assert json.loads(block["data"])["number"] == int(block["id"])
        return int(block["id"])


@asynccontextmanager
async def reading(place: Place, query: str = "", **headers: str) -> AsyncIterator[Reader]:
    request = HttpRequest(
        "GET",
        "/v1/events",
        query,
        {"accept": "text/event-stream", "authorization": basic(ACME_LOGIN), **headers},
        b"",
        "http://test",
    )
    response = await own_events.get_events(request, place.desk, place.feed, 2)
    assert response.content_type == "text/event-stream"
    reader = Reader(response)
    assert await reader.block() == {"retry": "1000"}
    try:
        yield reader
    finally:
        await reader.chunks.aclose()  # type: ignore[attr-defined]


async def test_what_was_and_what_comes_is_one_stream(place: Place) -> None:
    await place.happen(times=3)
    async with reading(place, "after=1") as reader:
        assert [await reader.number() for _ in range(2)] == [2, 3]
        await place.happen(times=2)
        assert [await reader.number() for _ in range(2)] == [4, 5]


async def test_without_a_number_it_begins_now(place: Place) -> None:
    await place.happen(times=37)
    async with reading(place) as reader:
        await place.happen()
        assert await reader.number() == 38


async def test_last_event_id_wins_over_after(place: Place) -> None:
    await place.happen(times=5)
    async with reading(place, "after=0", **{"last-event-id": "3"}) as reader:
        assert await reader.number() == 4


async def test_a_thousand_events_come_once_each_however_often_the_client_is_cut_off(place: Place) -> None:
    await place.happen(times=500)
    seen: list[int] = []

    def cuts() -> Iterator[int]:
        yield from (1, 7, 150, 200, 201, 42)
        while True:
            yield 333

    more = asyncio.create_task(place.happen(times=500))
    for count in cuts():
        async with reading(place, "after=0", **({"last-event-id": str(seen[-1])} if seen else {})) as reader:
            seen += [await reader.number() for _ in range(min(count, 1000 - len(seen)))]
        if len(seen) == 1000:
            break
    await more
    assert seen == list(range(1, 1001))


async def test_others_events_are_passed_by(place: Place) -> None:
    async with reading(place) as reader:
        await place.happen(GLOBEX, 3)
        await place.happen()
        await place.happen(GLOBEX, 2)
        await place.happen()
        assert [await reader.number() for _ in range(2)] == [4, 7]


async def test_one_conference_may_be_followed(place: Place) -> None:
    async with reading(place, f"conference={ROOMS[ACME]}") as reader:
        await place.happen(GLOBEX)
        await place.happen()
        assert await reader.number() == 2


async def test_a_quiet_stream_says_where_it_is(place: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr(own_events, "HEARTBEAT_S", 0.02)
    async with reading(place) as reader:
        assert await reader.block() == {"id": "0"}
        await place.happen(GLOBEX, 2)
        assert await reader.block() == {"id": "2"}
        await place.happen()
        assert await reader.number() == 3


async def test_a_slow_reader_is_told_where_to_go_on(place: Place) -> None:
    await place.happen(times=900)
    async with reading(place, "after=0") as reader:
        assert await reader.number() == 1
        assert isinstance(place.clock, SlowClock)
        place.clock.ahead_s += own_events.SLOW_S + 1
        numbers = [await reader.number() for _ in range(own_events.READ_AT_ONCE - 1)]
        comment = (await reader.block())[""]
        assert comment.endswith(f"Last-Event-ID: {numbers[-1]}")
        assert [chunk async for chunk in reader.chunks] == []
    async with reading(place, **{"last-event-id": str(numbers[-1])}) as reader:
        assert await reader.number() == numbers[-1] + 1


async def test_a_stopping_server_says_goodbye(place: Place) -> None:
    async with reading(place) as reader:
        await place.happen()
        assert await reader.number() == 1
        asyncio.get_running_loop().call_soon(place.feed.end_all)
        assert (await reader.block())[""].startswith("the server stops")


async def test_an_account_that_is_closed_is_cut_off(place: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr(own_events, "HEARTBEAT_S", 0.02)
    async with reading(place) as reader:
        async with place.store.transaction() as tx:
            account = await tx.account(ACME)
            assert account is not None
            await tx.put_account(account._replace(status=AccountStatus.CLOSED))
        assert (await reader.block())[""] == "the account may not read any more"


async def test_there_are_only_so_many_streams_and_a_closed_one_counts_no_more(place: Place) -> None:
    async with place.client() as client, reading(place), reading(place):
        place.api._feed = place.feed
        answer = await client.get("/v1/events", headers={"Accept": "text/event-stream"})
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    assert len(place.feed) == 0


async def test_last_event_id_must_be_a_number(place: Place) -> None:
    async with place.client() as client:
        for text in ("x", "-1", "9" * 30):
            answer = await client.get(
                "/v1/events", headers={"Accept": "text/event-stream", "Last-Event-ID": text}
            )
            assert answer.status_code == 400
