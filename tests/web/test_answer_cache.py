"""An answer is given twice only where nobody could tell."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest
from prometheus_client import CollectorRegistry

from desks import HandClock
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.web.answer_cache import BODY_BYTES_MAX, BYTES_MAX, Answer, AnswerCache
from hubbub.web.app import build_app
from hubbub.web.settings import WebSettings
from web.parrot import NoStore, Parrot, parrot_desk


@pytest.fixture
def desk() -> Desk:
    return parrot_desk()


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
async def http(parrot: Parrot, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    shell = build_app(desk, [parrot], WebSettings(), CollectorRegistry(), dict)
    transport = httpx.ASGITransport(app=cast(Any, shell))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as each:
        yield each


async def test_an_equal_question_is_answered_without_asking_the_dialect(
    http: httpx.AsyncClient, parrot: Parrot
) -> None:
    first, second = await http.get("/parrot?a=1"), await http.get("/parrot?a=1")
    assert len(parrot.heard) == 1
    assert first.content == second.content
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    without_id = [(name, value) for name, value in first.headers.items() if name != "x-request-id"]
    assert without_id == [(name, value) for name, value in second.headers.items() if name != "x-request-id"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/parrot?a=2", {}),
        ("/parrot/?a=1", {}),
        ("/parrot?a=1", {"Authorization": "Basic YTpi"}),
        ("/parrot?a=1", {"Accept": "text/xml"}),
        ("/parrot?a=1", {"Host": "other.example"}),
        ("/parrot?a=1", {"Origin": "https://a.example"}),
    ],
)
async def test_any_difference_is_another_question(
    http: httpx.AsyncClient, parrot: Parrot, path: str, headers: dict[str, str]
) -> None:
    await http.get("/parrot?a=1")
    await http.get(path, headers=headers)
    assert len(parrot.heard) == 2


async def test_a_commit_makes_every_answer_old(http: httpx.AsyncClient, parrot: Parrot, desk: Desk) -> None:
    await http.get("/parrot")
    cast(NoStore, desk.store).number += 1
    await http.get("/parrot")
    assert len(parrot.heard) == 2


async def test_an_answer_begun_before_a_commit_is_not_kept_after_it(
    http: httpx.AsyncClient, parrot: Parrot, desk: Desk
) -> None:
    def commit_meanwhile(request: HttpRequest) -> HttpResponse:
        cast(NoStore, desk.store).number += 1
        return HttpResponse(200, b"stale", "text/plain")

    parrot.answers["/parrot/slow"] = commit_meanwhile
    await http.get("/parrot/slow")
    del parrot.answers["/parrot/slow"]
    assert (await http.get("/parrot/slow")).content != b"stale"


async def test_time_makes_answers_old_too(http: httpx.AsyncClient, parrot: Parrot, desk: Desk) -> None:
    await http.get("/parrot")
    cast(HandClock, desk.clock).advance(1.5)
    await http.get("/parrot")
    assert len(parrot.heard) == 2


async def test_only_good_answers_to_reading_are_kept(http: httpx.AsyncClient, parrot: Parrot) -> None:
    parrot.answers["/parrot/door"] = lambda request: HttpResponse(404)
    for _ in range(2):
        await http.get("/parrot/door")
        await http.post("/parrot")
        await http.request("GET", "/parrot", content=b"body")
        await http.head("/parrot")
    assert len(parrot.heard) == 8


def test_what_is_kept_is_bounded() -> None:
    cache = AnswerCache()
    cache.get(("first",), 1, 0.0)
    cache.put(("huge",), 1, Answer([], bytes(BODY_BYTES_MAX + 1), 0.0))
    assert cache.get(("huge",), 1, 0.0) is None
    count = BYTES_MAX // BODY_BYTES_MAX
    for number in range(count):
        cache.put((number,), 1, Answer([], bytes(BODY_BYTES_MAX), 0.0))
    assert all(cache.get((number,), 1, 0.0) for number in range(count))
    cache.put(("last",), 1, Answer([], b"x", 0.0))
    assert cache.get((0,), 1, 0.0) is None
    assert cache.get(("last",), 1, 0.0) is not None


def test_the_same_question_kept_again_and_again_takes_its_place_once() -> None:
    cache = AnswerCache()
    cache.get(("first",), 1, 0.0)
    cache.put(("other",), 1, Answer([], b"x", 0.0))
    for _ in range(2 * BYTES_MAX // BODY_BYTES_MAX):
        cache.put(("same",), 1, Answer([], bytes(BODY_BYTES_MAX), 0.0))
    assert cache.get(("other",), 1, 0.0) is not None
