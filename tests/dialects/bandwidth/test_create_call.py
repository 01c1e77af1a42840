"""POST accounts/{accountId}/calls.

https://dev.bandwidth.com/apis/voice-apis/voice/#operation/createCall
"""

import json
from typing import Any

import pytest

from commands_twin import CommandsTwin
from dialects.bandwidth_asking import BASE, LOGIN, ask, read, refusal
from dialects.cast import APPLICATION, GLOBEX, application, enter
from hubbub.dialects.contract import Desk, DialectSettings, HttpResponse
from hubbub.domain.application import WebTarget
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.errors import InvalidValue, ServerDraining, ServerFull
from hubbub.domain.events import EventKind
from hubbub.domain.ids import ApplicationId, uuid_text
from hubbub.markup.effects import Ask, Purpose
from hubbub.services.commands import CallWish

CALLS = "/api/v2/accounts/9900000/calls"
JSON = LOGIN | {"content-type": "application/json"}
URL = "https://app.example/answer"
PLAIN: dict[str, Any] = {
    "to": "+15551112345",
    "from": "+15559998765",
    "applicationId": uuid_text(APPLICATION),
    "answerUrl": URL,
}
CALL = "c-00000001-77777777-7777-7777-7777-777777777777"


@pytest.fixture(autouse=True)
async def one_application(store: Any) -> None:
    await enter(store, application())


async def post(desk: Desk, body: Any) -> HttpResponse:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await ask(desk, CALLS, method="POST", headers=JSON, body=raw)


def wished(twin: CommandsTwin) -> CallWish:
    name, (wish,), _ = twin.last
    assert name == "calls.place"
    assert isinstance(wish, CallWish)
    return wish


async def test_the_least_that_can_be_asked_comes_back_with_every_default(
    desk: Desk, twin: CommandsTwin
) -> None:
    response = await post(desk, PLAIN)
    url = f"{BASE}{CALLS}/{CALL}"
    assert response.status == 201
    assert response.headers == (("Location", url),)
    said = read(response)
    assert said == PLAIN | {
        "accountId": "9900000",
        "callId": CALL,
        "callUrl": url,
        "enqueuedTime": "2026-05-04T09:30:10.000Z",
        "callTimeout": 30,
        "callbackTimeout": 15,
        "tag": None,
        "answerMethod": "POST",
        "answerFallbackUrl": None,
        "answerFallbackMethod": "POST",
        "disconnectUrl": None,
        "disconnectMethod": "POST",
        "username": None,
        "password": None,
        "fallbackUsername": None,
        "fallbackPassword": None,
        "priority": 5,
        "displayName": None,
        "privacy": None,
        "uui": None,
    }
    wish = wished(twin)
    assert (wish.to, wish.from_, wish.dialect) == ("+15551112345", "+15559998765", "bandwidth")
    assert wish.begin == Ask(Purpose.ANSWERED, WebTarget(URL, "POST"), None)
    assert (wish.timeout_s, wish.callback_timeout_s, wish.priority, wish.tag) == (30.0, None, 5, None)
    assert (wish.callbacks, wish.application_id) == ((), APPLICATION)


async def test_everything_that_can_be_asked_is_passed_on_and_passwords_come_back_masked(
    desk: Desk, twin: CommandsTwin
) -> None:
    body = PLAIN | {
        "to": "sip:bob@pbx.example",
        "answerMethod": "GET",
        "answerFallbackUrl": "https://other.example/answer",
        "answerFallbackMethod": "GET",
        "disconnectUrl": "https://app.example/bye",
        "disconnectMethod": "GET",
        "username": "u",
        "password": "secret",
        "fallbackUsername": "fu",
        "fallbackPassword": "fsecret",
        "callTimeout": 12.5,
        "callbackTimeout": 2.5,
        "tag": "a tag",
        "priority": 1,
        "displayName": "Acme",
        "privacy": False,
        "uui": "aGVsbG8;encoding=base64,abc;encoding=jwt",
        "machineDetection": {"mode": "sync", "detectionTimeout": 5, "callbackUrl": "https://app.example/md"},
    }
    response = await post(desk, body)
    assert response.status == 201
    assert b"secret" not in response.body
    said = read(response)
    assert (said["password"], said["fallbackPassword"]) == ("*****", "*****")
    kept = {key: value for key, value in body.items() if "assword" not in key and key != "machineDetection"}
    assert {key: said[key] for key in kept} == kept
    wish = wished(twin)
    assert wish.begin == Ask(
        Purpose.ANSWERED,
        WebTarget(URL, "GET", "u", "secret"),
        WebTarget("https://other.example/answer", "GET", "fu", "fsecret"),
    )
    disconnect = WebTarget("https://app.example/bye", "GET", "u", "secret")
    assert wish.callbacks == (
        SubscriptionWish("disconnect", frozenset({EventKind.CALL_ENDED}), disconnect, None, 2.5),
    )
    assert (wish.timeout_s, wish.callback_timeout_s, wish.priority) == (12.5, 2.5, 1)
    assert (wish.tag, wish.display_name) == ("a tag", "Acme")
    assert wish.headers == {"User-to-User": "aGVsbG8;encoding=base64,abc;encoding=jwt"}


async def test_privacy_hides_the_caller(desk: Desk, twin: CommandsTwin) -> None:
    assert (await post(desk, PLAIN | {"privacy": True})).status == 201
    assert (wished(twin).display_name, wished(twin).headers) == ("Anonymous", {"Privacy": "id"})
    assert (await post(desk, PLAIN | {"privacy": True, "displayName": "Private"})).status == 201
    assert wished(twin).display_name == "Private"


MISSING = "Missing at least one required field. Required fields are [from, to, answerUrl, applicationId]"


@pytest.mark.parametrize(
    ("change", "description"),
    [
        ({"to": None}, MISSING),
        ({"from": ""}, MISSING),
        ({"answerUrl": None}, MISSING),
        ({"applicationId": None}, MISSING),
        ({"to": "5551112345"}, "Invalid to: must be an E164 telephone number"),
        ({"to": "+1 555 111"}, "Invalid to: must be an E164 telephone number"),
        ({"to": "+1234567890123456"}, "Invalid to: must be an E164 telephone number"),
        ({"to": "sip:nobody"}, "Invalid to: must be an E164 telephone number"),
        ({"to": 15551112345}, "Invalid to: must be a string"),
        ({"from": "sip:bob@pbx.example"}, "Invalid from: must be an E164 telephone number"),
        ({"answerUrl": "/answer"}, "Invalid answerUrl: only http and https are allowed"),
        ({"answerUrl": "https:///"}, "Invalid answerUrl: only http and https are allowed"),
        ({"answerMethod": "PUT"}, "Invalid answerUrl method. Supported methods: [POST, GET]"),
        ({"disconnectMethod": "get"}, "Invalid disconnectUrl method. Supported methods: [POST, GET]"),
        ({"answerFallbackUrl": "mailto:a"}, "Invalid answerFallbackUrl: only http and https are allowed"),
        ({"callTimeout": 0}, "callTimeout must be within the range [1, 300], but was 0"),
        ({"callTimeout": 301}, "callTimeout must be within the range [1, 300], but was 301"),
        ({"callTimeout": "30"}, "Invalid callTimeout: must be a number"),
        ({"callTimeout": True}, "Invalid callTimeout: must be a number"),
        ({"callbackTimeout": 25.5}, "callbackTimeout must be within the range [1, 25], but was 25.5"),
        ({"priority": 6}, "priority must be within the range [1, 5], but was 6"),
        ({"priority": 1.5}, "Invalid priority: must be an integer"),
        ({"tag": "t" * 4097}, "Could not create call: sendCallback tag must contain at most 4096 characters"),
        ({"displayName": "a\nb"}, "Invalid displayName: must not contain control characters"),
        ({"displayName": "a" * 257}, "displayName must contain at most 256 characters"),
        (
            {"displayName": "Acme", "privacy": True},
            "Invalid displayName: must be one of [Restricted, Anonymous, Private, Unavailable] with privacy",
        ),
        ({"uui": "abc"}, "Invalid uui: each value must end in ;encoding=jwt, base64 or hex"),
        ({"uui": "a" * 350 + ";encoding=hex"}, "uui must contain at most 350 characters"),
        ({"machineDetection": "sync"}, "Invalid machineDetection: must be an object"),
        ({"machineDetection": {"mode": "now"}}, "Invalid mode: must be one of [sync, async]"),
        ({"applicationId": "x"}, "Could not create call: Application id x not found"),
        (
            {"applicationId": "00000000-0000-0000-0000-000000000001"},
            "Could not create call: Application id 00000000-0000-0000-0000-000000000001 not found",
        ),
    ],
)
async def test_a_wrong_value_is_400_in_the_vendors_words(
    desk: Desk, twin: CommandsTwin, change: dict[str, Any], description: str
) -> None:
    assert refusal(await post(desk, PLAIN | change)) == (400, "validation", description)
    assert twin.asked == []


async def test_an_application_of_another_account_is_not_found(
    desk: Desk, store: Any, twin: CommandsTwin
) -> None:
    await enter(store, application(id=ApplicationId("c" * 32), account_id=GLOBEX))
    id_ = "cccccccc-cccc-cccc-cccc-cccccccccccc"
    expected = f"Could not create call: Application id {id_} not found"
    assert refusal(await post(desk, PLAIN | {"applicationId": id_}))[2] == expected


@pytest.mark.parametrize(
    ("error", "status", "kind", "description"),
    [
        (InvalidValue("to", "no way leads there"), 400, "validation", "Could not create call: no way leads there"),
        (ServerFull("full"), 429, "error", "Account concurrent call limit exceeded"),
        (ServerDraining("over"), 503, "system-overloaded", "Managing too many concurrent calls"),
    ],
)  # fmt: skip
async def test_what_the_server_refuses_has_the_vendors_status(
    desk: Desk, twin: CommandsTwin, error: Exception, status: int, kind: str, description: str
) -> None:
    twin.refusal = error
    response = await post(desk, PLAIN)
    assert refusal(response) == (status, kind, description)
    assert "Retry-After" not in dict(response.headers)


async def test_a_strict_server_keeps_the_vendors_own_limits(desk: Desk, twin: CommandsTwin) -> None:
    strict = desk._replace(settings=DialectSettings(strict=True))
    assert (await post(desk, PLAIN | {"tag": "t" * 257})).status == 201
    assert (await post(strict, PLAIN | {"tag": "t" * 257})).status == 400
    body = PLAIN | {"answerUrl": "http://app.example/", "username": "u"}
    assert (await post(desk, body)).status == 201
    assert refusal(await post(strict, body))[2] == (
        "Invalid answerUrl: https is required when credentials are given"
    )


async def test_the_size_of_the_queue_is_told_in_integers(desk: Desk, twin: CommandsTwin) -> None:
    twin.queue = (7, 900)
    said = read(await ask(desk, "/api/v2/accounts/9900000/statistics"))
    assert said == {"currentCallQueueSize": 7, "maxCallQueueSize": 900}
