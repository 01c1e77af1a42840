"""`GET /v1/events` as pages of JSON."""

import httpx
import pytest

from web.own.conftest import ACME, ACME_EAST, GLOBEX, ROOMS, SECRET, Place


async def test_events_come_in_order_from_a_number_on(place: Place, acme: httpx.AsyncClient) -> None:
    await place.happen(times=5, label="x")
    page = (await acme.get("/v1/events", params={"after": 1, "limit": 2})).json()
    assert [event["number"] for event in page["events"]] == [2, 3]
    assert page["next_after"] == 3
    assert page["has_more"] is True
    rest = (await acme.get("/v1/events", params={"after": page["next_after"]})).json()
    assert [event["number"] for event in rest["events"]] == [4, 5]
    assert rest["has_more"] is False
    assert rest["next_after"] == 5
    assert rest["events"][0] == {
        "number": 4,
        "conference_number": 4,
        "kind": "participant-muted",
        "occurred_at": "2023-11-14T22:13:20.000Z",
        "account_id": ACME,
        "conference_id": ROOMS[ACME],
        "call_id": None,
        "data": {"label": "x"},
    }


async def test_an_account_sees_its_own_and_its_sub_accounts_and_nobody_elses(place: Place) -> None:
    for account in (GLOBEX, ACME, GLOBEX, ACME_EAST, GLOBEX):
        await place.happen(account)
    for login, seen in (
        (("AC" + ACME, SECRET), [2, 4]),
        (("AC" + ACME_EAST, SECRET), [4]),
        (("AC" + GLOBEX, SECRET), [1, 3, 5]),
        (("user-0", SECRET), [2, 4]),
        (("SK" + f"{1:032x}", SECRET), [4]),
    ):
        async with place.client(login) as client:
            page = (await client.get("/v1/events")).json()
        assert [event["number"] for event in page["events"]] == seen
        assert page["next_after"] == 5, "what is other accounts' is passed by, too"


async def test_only_one_conference_may_be_asked_for(place: Place, acme: httpx.AsyncClient) -> None:
    for account in (ACME, ACME_EAST, ACME):
        await place.happen(account)
    for text in (ROOMS[ACME], "CF" + ROOMS[ACME]):
        page = (await acme.get("/v1/events", params={"conference": text})).json()
        assert [event["number"] for event in page["events"]] == [1, 3]
    for text in (ROOMS[GLOBEX], "nonsense", ""):
        answer = await acme.get("/v1/events", params={"conference": text})
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "query",
    ["after=x", "after=-1", "limit=0", "limit=1001", "since=4", "after=1&after=2", "after=" + "9" * 30],
)
async def test_nonsense_is_400_in_our_form(acme: httpx.AsyncClient, query: str) -> None:
    answer = await acme.get(f"/v1/events?{query}")
    assert answer.status_code == 400
    body = answer.json()
    assert (body["status"], body["code"]) == (400, "invalid")
    assert body["message"]


@pytest.mark.parametrize("login", [None, ("AC" + ACME, "wrong"), ("nobody", SECRET), ("SK" + ACME, SECRET)])
async def test_strangers_are_401_wherever_they_knock(place: Place, login: tuple[str, str] | None) -> None:
    async with place.client(login) as client:
        for path in ("/v1/events", "/v1/deliveries", "/v1/deliveries/" + "a" * 32, "/v1/nothing", "/v1"):
            answer = await client.get(path)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"].startswith("Basic")
            assert answer.json()["code"] == "unauthorised"


async def test_paths_and_methods_that_are_not_ours_are_told_so(acme: httpx.AsyncClient) -> None:
    assert (await acme.get("/v1/nothing")).json()["code"] == "not-found"
    assert (await acme.get("/v1")).status_code == 404
    answer = await acme.post("/v1/events")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_a_suspended_account_is_403(place: Place, acme: httpx.AsyncClient) -> None:
    async with place.store.transaction() as tx:
        account = await tx.account(ACME)
        assert account is not None
        await tx.put_account(account._replace(status=account.status.__class__("suspended")))
    assert (await acme.get("/v1/events")).status_code == 403


async def test_a_quiet_account_gets_through_a_long_log_of_others_in_steps(place: Place) -> None:
    from hubbub.web.own import events

    await place.happen(GLOBEX, 900)
    await place.happen(ACME)
    passed = events.PASSED_BY_MAX
    events.PASSED_BY_MAX = 400  # type: ignore[misc]
    try:
        async with place.client() as client:
            after, pages = 0, []
            while True:
                page = (await client.get("/v1/events", params={"after": after})).json()
                pages.append(page)
                after = page["next_after"]
                if not page["has_more"]:
                    break
    finally:
        events.PASSED_BY_MAX = passed  # type: ignore[misc]
    assert [len(page["events"]) for page in pages] == [0, 0, 1]
