"""Twilio's own Python library, unmodified but for the base URL, against a running server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from dialects.cast import (
    ACME,
    ACME_TOKEN,
    ALICE,
    BOB,
    CAROL,
    STANDUP,
    SUBSIDIARY,
    T0,
    call,
    conference,
    enter,
    participant,
    standup,
)
from hubbub.domain.account import Credential, CredentialKind
from hubbub.domain.conference import ConferenceState
from hubbub.domain.ids import CredentialId

T = TypeVar("T")
DAY_MS = 86_400_000


class Library:
    """A client whose calls run beside the server's loop."""

    def __init__(self, port: int, username: str, password: str, account_sid: str | None = None) -> None:
        self.client = Client(username, password, account_sid)
        self.client.api.base_url = f"http://127.0.0.1:{port}"

    async def __call__(self, ask: Callable[[Client], T]) -> T:
        return await asyncio.to_thread(ask, self.client)

    def close(self) -> None:
        self.client.http_client.session.close()


@pytest.fixture
async def acme(served: int) -> AsyncIterator[Library]:
    library = Library(served, f"AC{ACME}", ACME_TOKEN)
    yield library
    library.close()


async def refused(library: Library, ask: Callable[[Client], Any]) -> tuple[int, int]:
    with pytest.raises(TwilioRestException) as caught:
        await library(ask)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize("size", [1, 2, 50, 1000])
async def test_pages_lead_to_the_end_at_every_size(acme: Library, store: Any, size: int) -> None:
    await enter(store, *(conference(n) for n in range(52)))
    rooms = await acme(lambda client: client.conferences.list(status="completed", page_size=size))
    assert [int(room.sid[2:], 16) for room in rooms] == list(reversed(range(52)))


async def test_a_limit_past_1000_is_served(acme: Library, store: Any) -> None:
    await enter(store, *(conference(n) for n in range(3)))
    assert len(await acme(lambda client: client.conferences.list(status="completed", limit=5000))) == 3
    assert len(await acme(lambda client: client.conferences.list(status="completed", limit=2))) == 2


async def test_a_listed_room_has_every_property(acme: Library, store: Any) -> None:
    await enter(store, standup())
    [room] = await acme(lambda client: client.conferences.list())
    assert (room.sid, room.account_sid, room.friendly_name) == (f"CF{STANDUP}", f"AC{ACME}", "standup")
    assert (room.status, room.region, room.api_version) == ("in-progress", "us1", "2010-04-01")
    assert room.date_created == datetime(2026, 5, 4, 9, 30, 0, tzinfo=UTC)
    assert room.date_updated == datetime(2026, 5, 4, 9, 30, 2, tzinfo=UTC)
    assert room.reason_conference_ended is room.call_sid_ending_conference is None
    assert set(room.subresource_uris) == {"participants", "recordings"}
    fetched = await acme(lambda client: client.conferences(room.sid).fetch())
    assert vars(fetched)["uri"] == room.uri


async def test_every_filter(acme: Library, store: Any) -> None:
    midnight = T0 - T0 % DAY_MS
    await enter(
        store,
        conference(1, name="early", created_at_ms=midnight - 1, updated_at_ms=midnight),
        conference(2, name="day", created_at_ms=midnight + 1500, updated_at_ms=midnight + DAY_MS + 1500),
        conference(3, name="waiting", state=ConferenceState.INIT, created_at_ms=midnight + DAY_MS + 1500),
        standup(),
    )

    async def names(**filters: Any) -> list[str]:
        return [room.friendly_name for room in await acme(lambda client: client.conferences.list(**filters))]

    day = date(2026, 5, 4)
    assert await names() == ["standup"]
    assert await names(status="init") == ["waiting"]
    assert await names(status="completed") == ["day", "early"]
    assert await names(status="completed", friendly_name="day") == ["day"]
    assert await names(status="completed", date_created=day) == ["day"]
    assert await names(status="completed", date_created_after=day) == ["day"]
    assert await names(status="completed", date_created_before=day) == ["early"]
    assert await names(status="completed", date_updated=day) == ["early"]
    assert await names(status="completed", date_updated_after=date(2026, 5, 5)) == ["day"]
    assert await names(status="completed", date_updated_before=date(2026, 5, 5)) == ["early"]


async def test_participants(acme: Library, store: Any) -> None:
    await enter(
        store,
        standup(),
        *(call(each) for each in (ALICE, BOB, CAROL)),
        participant(ALICE, label="alice", muted=True),
        participant(BOB, held=True, joined_at_ms=T0 + 1000),
        participant(CAROL, coaching=True, coached=(BOB,), joined_at_ms=T0 + 2000),
    )

    async def inside(**filters: Any) -> list[str]:
        return [
            one.call_sid
            for one in await acme(
                lambda client: client.conferences(f"CF{STANDUP}").participants.list(**filters)
            )
        ]

    everybody = [f"CA{each}" for each in (CAROL, BOB, ALICE)]
    for size in (1, 2, 50, 1000):
        assert await inside(page_size=size) == everybody
    assert await inside(muted=True) == [f"CA{ALICE}"]
    assert await inside(hold=True) == [f"CA{BOB}"]
    assert await inside(coaching=True) == [f"CA{CAROL}"]
    assert await inside(muted=False, hold=False, coaching=False) == []
    carol = await acme(lambda client: client.conferences(f"CF{STANDUP}").participants(f"CA{CAROL}").fetch())
    assert (carol.coaching, carol.call_sid_to_coach, carol.status) == (True, f"CA{BOB}", "connected")
    alice = await acme(lambda client: client.conferences(f"CF{STANDUP}").participants("alice").fetch())
    assert (alice.call_sid, alice.muted, alice.queue_time) == (f"CA{ALICE}", True, None)
    assert await acme(lambda client: client.conferences(f"CF{STANDUP}").recordings.list()) == []
    leg = await acme(lambda client: client.calls(f"CA{ALICE}").fetch())
    assert (leg.status, leg.from_formatted) == ("in-progress", "+15551112345")


async def test_a_key_and_a_subaccount(served: int, store: Any) -> None:
    key = CredentialId("5" * 32)
    async with store.transaction() as transaction:
        await transaction.put_credential(
            Credential(key, ACME, CredentialKind.API_KEY, key, (), T0), "key-secret"
        )
    await enter(store, standup(account_id=SUBSIDIARY))
    library = Library(served, f"SK{key}", "key-secret", f"AC{SUBSIDIARY}")
    [room] = await library(lambda client: client.conferences.list())
    assert room.account_sid == f"AC{SUBSIDIARY}"
    library.close()


async def test_refusals_carry_twilios_codes(acme: Library, served: int, store: Any) -> None:
    await enter(store, standup())
    room = f"CF{STANDUP}"
    assert await refused(acme, lambda client: client.conferences("CF" + "9" * 32).fetch()) == (404, 20404)
    assert await refused(acme, lambda client: client.conferences("standup").fetch()) == (405, 20004)
    assert await refused(acme, lambda client: client.conferences(room).update(status="init")) == (
        400,
        20001,
    )
    assert await refused(
        acme, lambda client: client.conferences(room).participants(f"CA{ALICE}").fetch()
    ) == (404, 20404)
    stranger = Library(served, f"AC{ACME}", "wrong")
    assert await refused(stranger, lambda client: client.conferences(room).fetch()) == (401, 20003)
    stranger.close()
