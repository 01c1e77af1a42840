"""Bandwidth's own Python client, `bandwidth-sdk`, unmodified but for the base URL, against a running server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import pytest
from bandwidth import ApiClient, CallsApi, ConferencesApi, Configuration
from bandwidth.exceptions import ForbiddenException, NotFoundException, UnauthorizedException
from bandwidth.models.callback_method_enum import CallbackMethodEnum

from dialects.cast import (
    ACME_NUMBER,
    ALICE,
    BOB,
    SUBSIDIARY,
    T0,
    call,
    conference,
    enter,
    participant,
    standup,
)

T = TypeVar("T")
ROOM = "conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211"


class Client:
    """The conferences API of a client with these settings; calls run beside the server's loop."""

    def __init__(self, port: int, **settings: Any) -> None:
        self.api = ConferencesApi(
            ApiClient(
                Configuration(
                    host=f"http://127.0.0.1:{port}/api/v2", ignore_operation_servers=True, **settings
                )
            )
        )

    async def __call__(self, ask: Callable[[ConferencesApi], T]) -> T:
        return await asyncio.to_thread(ask, self.api)


@pytest.fixture
async def acme(served: int) -> AsyncIterator[Client]:
    client = Client(served, username="acme", password="acme-password")
    yield client
    client.api.api_client.rest_client.pool_manager.clear()


async def test_it_lists_conferences_as_models(acme: Client, store: Any) -> None:
    await enter(
        store, conference(1, tag="t", event_url="https://app.example/"), standup(created_at_ms=T0 + 9000)
    )
    finished, running = await acme(lambda api: api.list_conferences(ACME_NUMBER))
    assert (finished.name, finished.tag, finished.conference_event_url) == (
        "myConf",
        "t",
        "https://app.example/",
    )
    assert finished.completed_time.isoformat(timespec="milliseconds") == "2026-05-04T09:30:01.625+00:00"
    assert (running.id, running.completed_time, running.active_members) == (ROOM, None, None)
    assert running.conference_event_method is CallbackMethodEnum.POST


async def test_it_filters_by_name_and_time(acme: Client, store: Any) -> None:
    await enter(store, *(conference(n, name="odd" if n % 2 else "even +&") for n in range(6)))

    async def found(**filters: Any) -> list[int]:
        rows = await acme(lambda api: api.list_conferences(ACME_NUMBER, **filters))
        return [int(row.id[-1]) for row in rows]

    assert await found(name="odd") == [1, 3, 5]
    assert await found(name="even +&") == [0, 2, 4]
    assert await found(min_created_time="2026-05-04T09:30:04.125Z") == [4, 5]
    assert await found(max_created_time="2026-05-04T11:30:01.125+02:00") == [0, 1]
    assert await found(name="odd", min_created_time="2026-05-04T09:30:02Z", page_size=1) == [3]


@pytest.mark.parametrize("size", [1, 2, 50, 1000])
async def test_it_pages_to_the_end_by_the_link_header(acme: Client, store: Any, size: int) -> None:
    count = {1: 7, 2: 7, 50: 120, 1000: 2001}[size]
    await enter(store, *(conference(n, name="a b") for n in range(count)))
    answer = await acme(
        lambda api: api.list_conferences_with_http_info(ACME_NUMBER, name="a b", page_size=size)
    )
    rows = answer.data
    while "Link" in answer.headers:
        url = answer.headers["Link"].partition(">")[0][1:]
        assert answer.headers["Link"] == f'<{url}>; rel="next"'
        token = url.rpartition("pageToken=")[2]
        answer = await acme(
            lambda api, token=token: api.list_conferences_with_http_info(  # type: ignore[misc]
                ACME_NUMBER, name="a b", page_size=size, page_token=token
            )
        )
        assert 1 <= len(answer.data) <= size
        rows += answer.data
    assert [int(row.id[-12:], 16) for row in rows] == list(range(count))


async def test_it_gets_a_conference_and_a_member(acme: Client, store: Any) -> None:
    await enter(
        store,
        standup(),
        call(ALICE),
        call(BOB),
        participant(ALICE, muted=True, coaching=True, coached=(BOB,)),
        participant(BOB, joined_at_ms=T0 + 1),
    )
    room = await acme(lambda api: api.get_conference(ACME_NUMBER, ROOM))
    assert len(room.id) == 50
    alice, bob = room.active_members
    assert len(alice.call_id) == len(bob.call_id) == 47
    assert (alice.mute, alice.hold, alice.call_ids_to_coach) == (True, False, [bob.call_id])
    member = await acme(lambda api: api.get_conference_member(ACME_NUMBER, ROOM, alice.call_id))
    assert member == alice
    assert member.member_url.endswith(
        f"/api/v2/accounts/{ACME_NUMBER}/conferences/{ROOM}/members/{alice.call_id}"
    )


async def test_it_finds_no_recordings(acme: Client, store: Any) -> None:
    await enter(store, standup())
    assert await acme(lambda api: api.list_conference_recordings(ACME_NUMBER, ROOM)) == []
    with pytest.raises(NotFoundException):
        await acme(lambda api: api.get_conference_recording(ACME_NUMBER, ROOM, "r-1"))
    with pytest.raises(NotFoundException):
        await acme(lambda api: api.download_conference_recording(ACME_NUMBER, ROOM, "r-1"))


@pytest.mark.parametrize("ask", ["list_conferences", "get_conference"])
@pytest.mark.parametrize("settings", [{}, {"username": "bad", "password": "worse"}])
async def test_it_raises_unauthorized(served: int, ask: str, settings: dict[str, str]) -> None:
    arguments = [ACME_NUMBER, ROOM][: 1 + (ask == "get_conference")]
    with pytest.raises(UnauthorizedException) as caught:
        await Client(served, **settings)(lambda api: getattr(api, ask)(*arguments))
    assert caught.value.status == 401
    assert caught.value.body
    assert caught.value.data.type == "authentication-error"


@pytest.mark.parametrize("account_id", ["8800000", "not an account id", "9900002"])
async def test_it_raises_forbidden_even_for_what_does_not_exist(served: int, account_id: str) -> None:
    intern = Client(served, username="intern", password="intern-password")
    for ask in (
        lambda api: api.list_conferences(account_id),
        lambda api: api.get_conference(account_id, "Conf-id"),
        lambda api: api.get_conference_member(account_id, "Conf-id", "c-id"),
    ):
        with pytest.raises(ForbiddenException) as caught:
            await intern(ask)
        assert caught.value.body


async def test_it_raises_not_found_for_a_malformed_id(acme: Client) -> None:
    with pytest.raises(NotFoundException) as caught:
        await acme(lambda api: api.get_conference(ACME_NUMBER, "Conf-id"))
    assert caught.value.data.description == "Conference [Conf-id] not found"
    assert caught.value.data.id is None


async def test_it_logs_in_with_client_credentials(served: int, store: Any) -> None:
    await enter(store, standup())
    client = Client(
        served,
        client_id="acme",
        client_secret="acme-password",
        access_token_url=f"http://127.0.0.1:{served}/api/v1/oauth2/token",
    )
    for _ in range(2):
        (room,) = await client(lambda api: api.list_conferences(ACME_NUMBER))
        assert room.id == ROOM


async def test_an_unknown_path_of_its_is_a_clean_not_found(served: int) -> None:
    client = Client(served, username="acme", password="acme-password")
    calls = CallsApi(client.api.api_client)
    with pytest.raises(NotFoundException):
        await asyncio.to_thread(calls.get_call_state, ACME_NUMBER, "c-x")


async def test_it_reads_a_subaccount(acme: Client, store: Any) -> None:
    await enter(store, conference(1, account_id=SUBSIDIARY))
    assert len(await acme(lambda api: api.list_conferences("9900001"))) == 1
