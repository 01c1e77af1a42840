"""`/v1/deliveries`: listed, looked at, sent again."""

import httpx
import pytest

from hubbub.domain.delivery import Delivery, DeliveryState
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import DeliveryQuery
from web.own.conftest import ACME, ACME_EAST, GLOBEX, GLOBEX_LOGIN, ROOMS, Place


async def deliveries(place: Place, *states: DeliveryState) -> list[Delivery]:
    query = DeliveryQuery(ACME, frozenset(states) or None)
    return (await place.store.read.deliveries(query, PageRequest(1000))).items


async def set_state(place: Place, delivery: Delivery, state: DeliveryState, **changes: object) -> None:
    async with place.store.transaction() as tx:
        await tx.put_delivery(delivery._replace(state=state, **changes))  # type: ignore[arg-type]


async def test_pages_follow_one_another_without_a_gap(place: Place, acme: httpx.AsyncClient) -> None:
    await place.follow()
    for _ in range(7):
        await place.happen(times=3)
        place.clock.advance(0.001)
    for order in ("asc", "desc"):
        url, sequences = f"/v1/deliveries?limit=4&order={order}&state=due", []
        while url:
            page = (await acme.get(url)).json()
            sequences += [each["event_number"] for each in page["deliveries"]]
            url = page["next"]
        assert sorted(sequences) == list(range(1, 22))
        assert sequences[0] in ((1, 2, 3) if order == "asc" else (19, 20, 21))


async def test_state_stream_and_account_narrow_the_list(place: Place, acme: httpx.AsyncClient) -> None:
    for account in (ACME, ACME_EAST, GLOBEX):
        await place.follow(account)
        await place.happen(account, 2)
    first = (await deliveries(place))[0]
    await set_state(place, first, DeliveryState.DEAD, status=500, error="status: 500")

    async def listed(**query: str) -> int:
        return len((await acme.get("/v1/deliveries", params=query)).json()["deliveries"])

    assert await listed() == 2
    assert await listed(state="dead") == 1
    assert await listed(state="dead,due") == 2
    assert await listed(stream="CF" + ROOMS[ACME]) == 2
    assert await listed(stream=ROOMS[GLOBEX]) == 0
    assert await listed(account="AC" + ACME_EAST) == 2
    for query in ("state=lost", "order=up", "after=x", "limit=0", "colour=red"):
        assert (await acme.get(f"/v1/deliveries?{query}")).status_code == 400
    assert (await acme.get(f"/v1/deliveries?account={GLOBEX}")).status_code == 404


async def test_one_is_shown_with_the_request_as_it_would_be_sent_its_secrets_masked(
    place: Place, acme: httpx.AsyncClient
) -> None:
    await place.follow()
    await place.happen()
    (delivery,) = await deliveries(place)
    shown = (await acme.get(f"/v1/deliveries/{delivery.id}")).json()
    assert shown["state"] == "due"
    assert shown["token"] == delivery.token
    assert shown["event"]["number"] == 1
    request = shown["request"]
    assert request["url"] == "https://bob:***@acme.example/events"
    assert (request["method"], request["username"]) == ("POST", "bob")
    assert request["headers"]["Token"] == delivery.token
    assert '"kind": "participant-muted"' in request["body"]
    assert "hunter2" not in str(shown)


async def test_one_that_cannot_be_told_says_why(place: Place, acme: httpx.AsyncClient) -> None:
    await place.follow(dialect="gone")
    await place.happen()
    (delivery,) = await deliveries(place)
    shown = (await acme.get(f"/v1/deliveries/{delivery.id}")).json()
    assert shown["request"] is None
    assert "gone" in shown["why_not"]


async def test_one_of_another_account_is_not_there(place: Place) -> None:
    await place.follow()
    await place.happen()
    (delivery,) = await deliveries(place)
    async with place.client(GLOBEX_LOGIN) as globex:
        for path in (
            f"/v1/deliveries/{delivery.id}",
            "/v1/deliveries/nonsense",
            "/v1/deliveries/" + "9" * 32,
        ):
            assert (await globex.get(path)).status_code == 404
            assert (await globex.post(path + "/resend")).status_code == 404
    assert (await deliveries(place))[0] == delivery


@pytest.mark.parametrize("state", [DeliveryState.DEAD, DeliveryState.DELIVERED, DeliveryState.DUE])
async def test_one_is_sent_again(place: Place, acme: httpx.AsyncClient, state: DeliveryState) -> None:
    await place.follow()
    await place.happen()
    (delivery,) = await deliveries(place)
    later = delivery.due_at_ms + 3_600_000
    await set_state(place, delivery, state, attempts=9, due_at_ms=later)
    place.clock.advance(5)
    answer = await acme.post(f"/v1/deliveries/{delivery.id}/resend")
    assert answer.status_code == 202
    (again,) = await deliveries(place)
    assert (again.state, again.attempts) == (DeliveryState.DUE, 0)
    assert again.due_at_ms == place.clock.now_ms()
    assert again.token == delivery.token
    assert answer.json()["state"] == "due"


async def test_one_that_is_being_sent_is_409_until_its_lease_is_over(
    place: Place, acme: httpx.AsyncClient
) -> None:
    await place.follow()
    await place.happen()
    async with place.store.transaction() as tx:
        (leased,) = await tx.lease_deliveries(place.clock.now_ms(), place.clock.now_ms() + 60_000, 1)
    answer = await acme.post(f"/v1/deliveries/{leased.id}/resend")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    place.clock.advance(61)
    assert (await acme.post(f"/v1/deliveries/{leased.id}/resend")).status_code == 202


async def test_all_dead_ones_are_sent_again(place: Place, acme: httpx.AsyncClient) -> None:
    for account in (ACME, GLOBEX):
        await place.follow(account)
        await place.happen(account, 450)
    for account in (ACME, GLOBEX):
        page = await place.store.read.deliveries(DeliveryQuery(account), PageRequest(1000))
        async with place.store.transaction() as tx:
            for each in page.items:
                await tx.put_delivery(each._replace(state=DeliveryState.DEAD))
    answer = await acme.post("/v1/deliveries/resend?state=dead")
    assert (answer.status_code, answer.json()) == (202, {"resent": 450, "has_more": False})
    assert await deliveries(place, DeliveryState.DEAD) == []
    dead = await place.store.read.deliveries(
        DeliveryQuery(GLOBEX, frozenset({DeliveryState.DEAD})), PageRequest(1000)
    )
    assert len(dead.items) == 450


@pytest.mark.parametrize("query", ["", "state=due", "state=sending,dead", "limit=4"])
async def test_what_is_to_be_sent_again_must_be_said(acme: httpx.AsyncClient, query: str) -> None:
    assert (await acme.post(f"/v1/deliveries/resend?{query}")).status_code == 400


async def test_an_idempotency_key_works_here_too(place: Place, acme: httpx.AsyncClient) -> None:
    await place.follow()
    await place.happen()
    (delivery,) = await deliveries(place)
    headers = {"Idempotency-Key": "again-1"}
    path = f"/v1/deliveries/{delivery.id}/resend"
    first = await acme.post(path, headers=headers)
    place.clock.advance(5)
    second = await acme.post(path, headers=headers)
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"
    reused = await acme.post(path, headers=headers, params={"x": "y"})
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency-key-reused")
