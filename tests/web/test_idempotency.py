"""The same POST under the same Idempotency-Key is done once."""

import asyncio
from base64 import b64encode
from typing import Any

import httpx
import pytest

from desks import HandClock, make_desk
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.storage.memory import MemoryStore
from web.parrot import Parrot
from web.test_shell import build


class Counter:
    """Answers with how often it was asked."""

    def __init__(self, status: int = 201) -> None:
        self.asked = 0
        self.status = status

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.asked += 1
        headers = (("Location", f"/parrot/{self.asked}"),)
        return HttpResponse(self.status, b"made %d" % self.asked, "text/parrot", headers)


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
def desk() -> Desk:
    return make_desk(MemoryStore())


async def post(
    parrot: Parrot, desk: Desk, key: str = "k1", *, who: str = "acme", path: str = "/parrot/x", **wish: Any
) -> httpx.Response:
    async with build(parrot, desk) as http:
        headers = {"Authorization": who, "Idempotency-Key": key}
        return await http.post(path, headers={k: v for k, v in headers.items() if v}, **wish)


async def test_a_repetition_gets_the_kept_answer_and_is_told_so(parrot: Parrot, desk: Desk) -> None:
    counter = parrot.answers["/parrot/x"] = Counter()
    first = await post(parrot, desk, content=b"a=1")
    second = await post(parrot, desk, content=b"a=1")
    assert counter.asked == 1
    assert (second.status_code, second.text) == (first.status_code, first.text) == (201, "made 1")
    assert second.headers["location"] == "/parrot/1"
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers


async def test_another_request_under_the_same_key_is_422_in_the_dialects_form(
    parrot: Parrot, desk: Desk
) -> None:
    counter = parrot.answers["/parrot/x"] = Counter()
    await post(parrot, desk, content=b"a=1")
    for other in ({"content": b"a=2"}, {"content": b"a=1", "params": {"b": "1"}}):
        answer = await post(parrot, desk, **other)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "text/parrot")
    assert counter.asked == 1


async def test_keys_paths_and_accounts_do_not_meet(parrot: Parrot, desk: Desk) -> None:
    counter = parrot.answers["/parrot/x"] = parrot.answers["/parrot/y"] = Counter()
    await post(parrot, desk)
    await post(parrot, desk, "k2")
    await post(parrot, desk, path="/parrot/y")
    await post(parrot, desk, who="globex")
    await post(parrot, desk, "")
    assert counter.asked == 5


async def test_who_proves_nothing_gets_nothing_that_was_kept(parrot: Parrot, desk: Desk) -> None:
    counter = parrot.answers["/parrot/x"] = Counter()
    await post(parrot, desk)
    answer = await post(parrot, desk, who="")
    assert counter.asked == 2
    assert "idempotency-replayed" not in answer.headers


async def test_another_user_of_the_account_does_not_see_the_answer(parrot: Parrot, desk: Desk) -> None:
    parrot.answers["/parrot/x"] = Counter()
    await post(parrot, desk)

    identify = parrot.identify

    async def as_another(request: HttpRequest, desk: Desk) -> Any:
        caller = await identify(request, desk)
        assert caller is not None
        return caller._replace(credential=caller.credential._replace(id="other"))

    parrot.identify = as_another  # type: ignore[method-assign]
    assert (await post(parrot, desk)).status_code == 422


@pytest.mark.parametrize(("status", "asked"), [(200, 1), (404, 1), (422, 1), (401, 2), (429, 2), (503, 2)])
async def test_refusals_are_kept_but_those_that_ask_for_another_try(
    parrot: Parrot, desk: Desk, status: int, asked: int
) -> None:
    counter = parrot.answers["/parrot/x"] = Counter(status)
    await post(parrot, desk)
    await post(parrot, desk)
    assert counter.asked == asked


async def test_a_repetition_waits_for_the_one_under_way(parrot: Parrot, desk: Desk) -> None:
    gate = asyncio.Event()
    asked = 0

    async def slow(request: HttpRequest, desk: Desk) -> HttpResponse:
        nonlocal asked
        asked += 1
        await gate.wait()
        return HttpResponse(201, b"made")

    parrot.handle = slow  # type: ignore[method-assign]
    async with build(parrot, desk) as http:
        headers = {"Authorization": "acme", "Idempotency-Key": "k1"}
        tasks = [asyncio.create_task(http.post("/parrot/x", headers=headers)) for _ in range(5)]
        for _ in range(20):
            await asyncio.sleep(0)
        gate.set()
        answers = [await task for task in tasks]
    assert asked == 1
    assert [answer.status_code for answer in answers] == [201] * 5
    assert sum(answer.headers.get("idempotency-replayed") == "true" for answer in answers) == 4


async def test_when_the_one_under_way_fails_the_next_is_done(parrot: Parrot, desk: Desk) -> None:
    asked = 0

    async def failing(request: HttpRequest, desk: Desk) -> HttpResponse:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        if asked == 1:
            raise RuntimeError("a fault of ours")
        return HttpResponse(201, b"made")

    parrot.handle = failing  # type: ignore[method-assign]
    async with build(parrot, desk) as http:
        headers = {"Authorization": "acme", "Idempotency-Key": "k1"}
        first, second = await asyncio.gather(*(http.post("/parrot/x", headers=headers) for _ in range(2)))
    assert sorted((first.status_code, second.status_code)) == [201, 500]
    assert asked == 2


async def test_an_answer_is_forgotten_after_a_day(parrot: Parrot, desk: Desk) -> None:
    counter = parrot.answers["/parrot/x"] = Counter()
    await post(parrot, desk)
    assert isinstance(desk.clock, HandClock)
    desk.clock.advance(86_401)
    await post(parrot, desk)
    assert counter.asked == 2


async def test_a_key_that_is_too_long_is_refused(parrot: Parrot, desk: Desk) -> None:
    counter = parrot.answers["/parrot/x"] = Counter()
    assert (await post(parrot, desk, "k" * 256)).status_code == 400
    assert counter.asked == 0


async def test_a_get_is_never_kept(parrot: Parrot, desk: Desk) -> None:
    counter = parrot.answers["/parrot/x"] = Counter(200)
    async with build(parrot, desk) as http:
        for number in range(2):
            await http.get(
                "/parrot/x", headers={"Authorization": "acme", "Idempotency-Key": "k", "N": str(number)}
            )
    assert counter.asked == 2


async def test_the_password_is_throttled_before_the_key_is_looked_at(parrot: Parrot, desk: Desk) -> None:
    parrot.answers["/parrot/x"] = lambda request: HttpResponse(401)
    wrong = "Basic " + b64encode(b"acme:wrong").decode()

    async def nobody(request: HttpRequest, desk: Desk) -> None:
        return None

    parrot.identify = nobody  # type: ignore[method-assign,assignment]
    async with build(parrot, desk) as http:
        headers = {"Authorization": wrong, "Idempotency-Key": "k"}
        statuses = [(await http.post("/parrot/x", headers=headers)).status_code for _ in range(12)]
    assert statuses == [401] * 10 + [429] * 2
