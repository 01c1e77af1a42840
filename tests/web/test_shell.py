"""What every request goes through, whichever dialect it is for."""

from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry

from desks import HandClock, KeptLog
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.web.app import build_app
from hubbub.web.settings import WebLimits, WebSettings
from hubbub.web.shell import Shell
from web.parrot import Parrot, parrot_desk, said


def client(shell: Shell) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=shell), base_url="http://test")  # type: ignore[arg-type]


def build(parrot: Parrot, desk: Desk | None = None, **settings: Any) -> httpx.AsyncClient:
    shell = build_app(
        desk or parrot_desk(), [parrot], WebSettings(**settings), CollectorRegistry(), lambda: {"store": True}
    )
    return client(shell)


@pytest.fixture
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture
async def http(parrot: Parrot) -> AsyncIterator[httpx.AsyncClient]:
    async with build(parrot) as each:
        yield each


async def test_a_request_reaches_its_dialect_undecoded(http: httpx.AsyncClient) -> None:
    answer = said(await http.get("/parrot/My%20Room?Date%3C=1"))
    assert answer["path"] == "/parrot/My%20Room"
    assert answer["query"] == "Date%3C=1"
    assert answer["base_url"] == "http://test"


@pytest.mark.parametrize("path", ["//parrot//a", "/parrot/a/", "/parrot/a//", "/parrot///a"])
async def test_doubled_and_trailing_slashes_are_tolerated_without_a_redirect(
    http: httpx.AsyncClient, path: str
) -> None:
    response = await http.get("http://test" + path)
    assert response.status_code == 200
    assert said(response)["path"] == "/parrot/a"


async def test_a_prefix_ends_at_a_segment(http: httpx.AsyncClient) -> None:
    assert (await http.get("/parrots")).status_code == 404
    assert (await http.get("/parrot")).status_code == 200


async def test_an_unknown_root_names_the_prefixes(http: httpx.AsyncClient) -> None:
    response = await http.get("/nowhere")
    assert response.status_code == 404
    assert said(response)["prefixes"] == ["/parrot"]
    assert (await http.post("/healthz")).status_code == 405


async def test_every_answer_carries_a_request_id_of_its_own_and_cors_headers(http: httpx.AsyncClient) -> None:
    answers = [await http.get(path) for path in ("/parrot", "/parrot", "/nowhere", "/healthz")]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == 4
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {"*"}


async def test_a_preflight_is_answered_without_asking_the_dialect(
    http: httpx.AsyncClient, parrot: Parrot
) -> None:
    response = await http.options("/parrot/x", headers={"Access-Control-Request-Method": "PUT"})
    assert response.status_code == 204
    assert "PUT" in response.headers["access-control-allow-methods"]
    assert "Authorization" in response.headers["access-control-allow-headers"]
    assert parrot.heard == []
    await http.options("/parrot/x")
    assert [request.method for request in parrot.heard] == ["OPTIONS"]


async def test_a_dialect_with_cross_origin_rules_of_its_own_is_left_alone(parrot: Parrot) -> None:
    parrot.answers_cross_origin = True
    async with build(parrot) as http:
        response = await http.options("/parrot/x", headers={"Access-Control-Request-Method": "PUT"})
        assert "access-control-allow-origin" not in response.headers
        assert [request.method for request in parrot.heard] == ["OPTIONS"]
        assert "access-control-allow-origin" in (await http.get("/healthz")).headers


async def test_head_asks_the_dialect_to_get(http: httpx.AsyncClient, parrot: Parrot) -> None:
    assert (await http.head("/parrot")).status_code == 200
    assert parrot.heard[0].method == "GET"


async def test_a_get_with_a_form_content_type_and_a_body_is_normal(http: httpx.AsyncClient) -> None:
    response = await http.request(
        "GET", "/parrot", content=b"a=1", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert response.status_code == 200
    assert said(response)["body"] == 3


async def test_a_body_past_the_limit_is_refused_in_the_dialects_form(parrot: Parrot) -> None:
    async with build(parrot, limits=WebLimits(body_bytes_max=10)) as http:
        assert (await http.post("/parrot", content=b"x" * 10)).status_code == 200
        response = await http.post("/parrot", content=b"x" * 11)
        assert (response.status_code, response.headers["content-type"]) == (413, "text/parrot")

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(11):
                yield b"x"

        assert (await http.post("/parrot", content=chunks())).status_code == 413


async def test_too_many_parameters_are_refused_wherever_they_are(parrot: Parrot) -> None:
    async with build(parrot, limits=WebLimits(parameters_max=4)) as http:
        assert (await http.get("/parrot?a&b&c&d")).status_code == 200
        response = await http.get("/parrot?a&b&c&d&e")
        assert (response.status_code, response.text[:6]) == (400, "squawk")
        assert (await http.post("/parrot?a&b", data={"c": "1", "d": "2"})).status_code == 200
        assert (await http.post("/parrot?a&b", data={"c": "1", "d": "2", "e": "3"})).status_code == 400


async def test_ten_thousand_parameters_and_ten_megabytes_are_past_the_defaults(
    http: httpx.AsyncClient,
) -> None:
    assert (await http.get("/parrot?" + "&".join("a" * 10_000))).status_code == 400
    assert (await http.post("/parrot", content=b"x" * 10_000_000)).status_code == 413


async def test_a_bug_in_a_dialect_becomes_its_own_500_and_is_logged_once(parrot: Parrot) -> None:
    def fail(request: HttpRequest) -> HttpResponse:
        raise ZeroDivisionError

    parrot.answers["/parrot/bug"] = fail
    desk = parrot_desk()
    async with build(parrot, desk) as http:
        response = await http.get("/parrot/bug")
    assert (response.status_code, response.headers["content-type"]) == (500, "text/parrot")
    log = desk.log
    assert isinstance(log, KeptLog)
    [(level, event, values)] = log.entries
    assert (level, event) == ("error", "request failed")
    assert values["request_id"] == response.headers["x-request-id"]
    assert isinstance(values["exc_info"], ZeroDivisionError)


async def test_a_store_that_is_gone_is_the_dialects_500_too(parrot: Parrot) -> None:
    class Gone:
        def version(self) -> int:
            raise RuntimeError("closed")

    def fail(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("closed")

    parrot.answers["/parrot"] = fail
    desk = parrot_desk()._replace(store=Gone())  # type: ignore[arg-type]
    async with build(parrot, desk) as http:
        response = await http.get("/parrot")
    assert (response.status_code, response.headers["content-type"]) == (500, "text/parrot")


async def test_forwarded_headers_are_believed_only_when_told(parrot: Parrot) -> None:
    headers = {
        "X-Forwarded-For": "203.0.113.9, 192.0.2.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "api.example.com",
    }
    async with build(parrot) as http:
        answer = said(await http.get("/parrot", headers=headers))
        assert (answer["base_url"], answer["client"]) == ("http://test", "127.0.0.1")
    async with build(parrot, trust_forwarded=True) as http:
        answer = said(await http.get("/parrot", headers=headers))
        assert (answer["base_url"], answer["client"]) == ("https://api.example.com", "192.0.2.7")
    async with build(parrot, base_url="https://pbx.example.org", trust_forwarded=True) as http:
        assert said(await http.get("/parrot", headers=headers))["base_url"] == "https://pbx.example.org"


@pytest.mark.parametrize("host", ["", "a b", 'x"><script>', "a:b", "a/../b"])
async def test_a_host_header_that_is_nonsense_is_not_repeated(http: httpx.AsyncClient, host: str) -> None:
    assert said(await http.get("/parrot", headers={"Host": host}))["base_url"] == "http://test"


async def test_a_header_value_cannot_break_out_of_its_line(parrot: Parrot) -> None:
    parrot.answers["/parrot/link"] = lambda request: HttpResponse(
        200, b"", None, (("Location", "/x\r\nSet-Cookie: a=b"),)
    )
    async with build(parrot) as http:
        response = await http.get("/parrot/link")
    assert response.headers["location"] == "/x  Set-Cookie: a=b"
    assert "set-cookie" not in response.headers


async def test_requests_past_the_cap_are_told_to_come_back(parrot: Parrot) -> None:
    async with build(parrot, limits=WebLimits(requests_max=0)) as http:
        response = await http.get("/parrot")
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")
        assert response.headers["content-type"] == "text/parrot"
        assert (await http.get("/healthz")).status_code == 200


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def only(password: str) -> Any:
    good = basic("alice", password)["Authorization"]
    return lambda request: HttpResponse(200 if request.headers.get("authorization") == good else 401)


async def test_wrong_passwords_are_throttled_and_right_ones_are_not(parrot: Parrot) -> None:
    parrot.answers["/parrot/door"] = only("sesame")
    desk = parrot_desk()
    limits = WebLimits(auth_failures_max=3, auth_window_s=60)
    async with build(parrot, desk, limits=limits) as http:
        statuses = [
            (await http.get("/parrot/door", headers=basic("alice", "x"))).status_code for _ in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await http.get("/parrot/door", headers=basic("alice", "sesame"))).status_code == 200
        assert (await http.get("/parrot/door", headers=basic("bob", "x"))).status_code == 401
        assert (await http.get("/parrot/door")).status_code == 401
        refused = await http.get("/parrot/door", headers=basic("alice", "y"))
        assert refused.status_code == 429
        assert 1 <= int(refused.headers["retry-after"]) <= 5
        clock = desk.clock
        assert isinstance(clock, HandClock)
        clock.advance(61)
        assert (await http.get("/parrot/door", headers=basic("alice", "y"))).status_code == 401


async def test_past_the_second_limit_guesses_are_not_examined_but_known_credentials_pass(
    parrot: Parrot,
) -> None:
    parrot.answers["/parrot/door"] = only("sesame")
    limits = WebLimits(auth_failures_max=2, auth_guesses_max=4)
    async with build(parrot, limits=limits) as http:
        assert (await http.get("/parrot/door", headers=basic("alice", "sesame"))).status_code == 200
        for guess in range(6):
            await http.get("/parrot/door", headers=basic("alice", str(guess)))
        assert len(parrot.heard) == 1 + 4
        elsewhere = await http.get("/parrot/door", headers=basic("alice", "sesame"))
        assert elsewhere.status_code == 200


async def test_good_credentials_refused_in_one_place_stay_good_in_another(parrot: Parrot) -> None:
    parrot.answers["/parrot/door"] = only("sesame")
    parrot.answers["/parrot/vault"] = lambda request: HttpResponse(401)
    async with build(parrot, limits=WebLimits(auth_failures_max=2, auth_guesses_max=4)) as http:
        alice = basic("alice", "sesame")
        assert (await http.get("/parrot/door", headers=alice)).status_code == 200
        statuses = [(await http.get("/parrot/vault", headers=alice)).status_code for _ in range(6)]
        assert statuses == [401, 401, 429, 429, 429, 429]
        assert (await http.get("/parrot/door", headers=alice)).status_code == 200


async def test_readiness_and_metrics_have_pages(parrot: Parrot) -> None:
    conditions = {"store": True, "sip": False}
    shell = build_app(parrot_desk(), [parrot], WebSettings(), CollectorRegistry(), lambda: conditions)
    async with client(shell) as http:
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        not_ready = await http.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["conditions"]) == (503, conditions)
        conditions["sip"] = True
        assert (await http.get("/readyz")).status_code == 200
        await http.get("/parrot")
        text = (await http.get("/metrics")).text
    assert 'hubbub_http_requests_total{dialect="parrot",method="GET",status="200"} 1.0' in text
    assert "hubbub_http_requests_in_progress 1.0" in text


async def test_the_longest_prefix_owns_a_path() -> None:
    wide, narrow = Parrot(), Parrot()
    narrow.name, narrow.prefixes = "narrow", ("/parrot/own",)
    shell = build_app(
        parrot_desk(), [wide, narrow], WebSettings(), CollectorRegistry(), lambda: {"store": True}
    )
    async with client(shell) as http:
        await http.get("/parrot/own/x")
        await http.get("/parrot/owner")
    assert [request.path for request in narrow.heard] == ["/parrot/own/x"]
    assert [request.path for request in wide.heard] == ["/parrot/owner"]
