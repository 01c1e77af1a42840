"""Simulated customers: they answer as real web servers would, well or badly, and remember what they were asked."""

from __future__ import annotations

import asyncio

import pytest

from hubbub.lab.customer import CustomerAnswer, CustomerRequest, CustomerWeb
from hubbub.services.ports import FetchFailed, FetchRequest

URL = "https://acme.example/voice"
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


async def test_a_customer_is_asked_for_what_lies_beneath_his_prefix_and_remembers_it() -> None:
    web = CustomerWeb()
    acme = web.add("https://acme.example/", lambda request: f"<Say>{request.params['From']}</Say>")
    response = await web.fetch(FetchRequest(URL + "?a=1", "POST", FORM, b"From=%2B1555&To=&a=2"))
    assert (response.status, response.content_type, response.body) == (
        200,
        "application/xml",
        b"<Say>+1555</Say>",
    )
    [seen] = acme.requests
    assert (seen.method, seen.params) == ("POST", {"From": "+1555", "To": "", "a": "2"})


async def test_the_longest_prefix_that_fits_is_asked() -> None:
    web = CustomerWeb()
    web.add("https://acme.example/", lambda request: "outer")
    web.add("https://acme.example/voice/", lambda request: b"inner")
    response = await web.fetch_sound(FetchRequest(URL + "/hello.wav", "GET"))
    assert (response.body, response.content_type) == (b"inner", "audio/wav")


async def test_an_asynchronous_customer_may_take_his_time_but_not_more_than_he_is_given() -> None:
    web = CustomerWeb()

    async def answer(request: CustomerRequest) -> str:
        await asyncio.sleep(10)
        return "late"

    web.add(URL, answer)
    assert (await web.fetch(FetchRequest(URL, "GET", timeout_s=11))).body == b"late"
    with pytest.raises(FetchFailed) as failed:
        await web.fetch(FetchRequest(URL, "GET", timeout_s=9))
    assert failed.value.kind == "timeout"


async def test_redirects_are_followed_as_browsers_do_and_not_for_ever() -> None:
    web = CustomerWeb()
    web.add(URL, lambda request: CustomerAnswer(status=302, location="/other"))
    other = web.add("https://acme.example/other", lambda request: "found")
    assert (await web.fetch(FetchRequest(URL, "POST", body=b"x"))).url == "https://acme.example/other"
    assert (other.requests[0].method, other.requests[0].body) == ("GET", b"")
    web.add("https://acme.example/round", lambda request: CustomerAnswer(status=307, location="/round"))
    with pytest.raises(FetchFailed) as failed:
        await web.fetch(FetchRequest("https://acme.example/round", "GET"))
    assert failed.value.kind == "redirects"


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (CustomerAnswer("gone", 404), "status", 404),
        (CustomerAnswer(bytes(101)), "too-large", None),
    ],
)
async def test_answers_that_cannot_be_used_fail_by_name(
    answer: CustomerAnswer, kind: str, status: int | None
) -> None:
    web = CustomerWeb()
    web.add(URL, lambda request: answer)
    with pytest.raises(FetchFailed) as failed:
        await web.fetch(FetchRequest(URL, "GET", body_bytes_max=100))
    assert (failed.value.kind, failed.value.status) == (kind, status)


async def test_a_customer_who_is_down_and_one_who_does_not_exist_cannot_be_reached() -> None:
    web = CustomerWeb()
    web.add(URL, lambda request: "").is_down = True
    for url in (URL, "https://globex.example/"):
        with pytest.raises(FetchFailed) as failed:
            await web.fetch(FetchRequest(url, "GET"))
        assert failed.value.kind == "connect"
    assert [stray.url for stray in web.strays] == ["https://globex.example/"]
