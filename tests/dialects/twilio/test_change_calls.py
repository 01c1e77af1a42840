"""Making, changing and deleting calls."""

from typing import Any

import pytest

from dialects.acting_commands import QUEUE_TIME_MS, ActingCommands
from dialects.cast import ALICE, APPLICATION, BOB, CAROL, GLOBEX, application, call, enter
from dialects.twilio_asking import A, ask, made, post, read, refusal
from hubbub.dialects.contract import Desk
from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallStatus
from hubbub.domain.delivery import SubscriptionWish
from hubbub.domain.events import EventKind
from hubbub.domain.ids import ApplicationId
from hubbub.domain.recording import RecordingSource
from hubbub.markup.effects import Ask, Given, Purpose
from hubbub.services.commands import CallChange

LIST = f"{A}/Calls.json"
TO = "From=%2B15551112345&To=%2B15559998765"
URL = "http%3A%2F%2Fa.example%2Fvoice"
VOICE = WebTarget("http://a.example/voice")
ONE = f"{A}/Calls/CA{ALICE}.json"


async def test_a_call_that_asks_a_url(desk: Desk, acting: ActingCommands) -> None:
    said = made(await post(desk, LIST, f"{TO}&Url={URL}"))
    assert (said["status"], said["direction"], said["queue_time"]) == (
        "queued",
        "outbound-api",
        str(QUEUE_TIME_MS),
    )
    assert (said["to"], said["from"]) == ("+15559998765", "+15551112345")
    assert read(await ask(desk, said["uri"])) == {**said, "queue_time": "0"}
    [(_, (wish,), _)] = acting.asked
    assert wish.begin == Ask(Purpose.ANSWERED, VOICE)
    assert (wish.timeout_s, wish.time_limit_s, wish.send_digits, wish.record) == (65.0, None, "", None)


async def test_everything_a_call_may_be_told(desk: Desk, acting: ActingCommands) -> None:
    made(
        await post(
            desk,
            LIST,
            f"{TO}&Url={URL}&Method=GET&FallbackUrl={URL}&FallbackMethod=GET&SendDigits=1w2%23&Timeout=1"
            f"&TimeLimit=60&Record=1&StatusCallback={URL}&StatusCallbackEvent=answered&AsyncAmd=true"
            "&MachineDetection=DetectMessageEnd&AsyncAmdStatusCallback=http://a.example",
        )
    )
    wish = acting.last[1][0]
    fallback = VOICE._replace(method="GET")
    assert wish.begin == Ask(Purpose.ANSWERED, VOICE._replace(method="GET"), fallback)
    assert (wish.fallback, wish.send_digits, wish.timeout_s, wish.time_limit_s) == (fallback, "1w2#", 6.0, 60)
    assert wish.record.source is RecordingSource.OUTBOUND_CALL
    assert wish.callbacks == (SubscriptionWish("call", frozenset({EventKind.CALL_ANSWERED}), VOICE),)


async def test_a_call_that_brings_its_document(desk: Desk, acting: ActingCommands) -> None:
    made(await post(desk, LIST, f"{TO}&Twiml=%3CResponse%2F%3E"))
    assert acting.last[1][0].begin == Given(b"<Response/>", "application/xml; charset=utf-8")
    made(await post(desk, LIST, f"{TO}&Twiml=%3CResponse%2F%3E&Url={URL}"))
    assert acting.last[1][0].begin == Ask(Purpose.ANSWERED, VOICE)


async def test_an_application_brings_its_own_urls(desk: Desk, store: Any, acting: ActingCommands) -> None:
    status = WebTarget("http://a.example/status")
    await enter(store, application(dialect="twilio", voice=VOICE, fallback=status, status_callback=status))
    made(
        await post(
            desk, LIST, f"{TO}&ApplicationSid=AP{APPLICATION}&Url=http://b.example&StatusCallback={URL}"
        )
    )
    wish = acting.last[1][0]
    assert (wish.application_id, wish.begin, wish.fallback) == (
        APPLICATION,
        Ask(Purpose.ANSWERED, VOICE, status),
        status,
    )
    assert wish.callbacks == (SubscriptionWish("call", frozenset({EventKind.CALL_ENDED}), status),)


async def test_an_application_must_be_ones_own_and_speak_twiml(desk: Desk, store: Any) -> None:
    other = ApplicationId("1" * 32)
    await enter(store, application(), application(id=other, account_id=GLOBEX, dialect="twilio"))
    for sid in (f"AP{APPLICATION}", f"AP{other}", "AP" + "9" * 32, "AP1"):
        assert refusal(await post(desk, LIST, f"{TO}&ApplicationSid={sid}"))[:2] == (400, 21218)


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (TO, 21205),
        (f"{TO}&Url=&Twiml=+", 21205),
        (f"{TO}&Url=/voice", 21205),
        (f"{TO}&Url={URL}&Method=PUT", 21209),
        (f"{TO}&Twiml={'x' * 4001}", 20001),
        (f"{TO}&Url={URL}&SendDigits=x", 21206),
        (f"{TO}&Url={URL}&SendDigits={'1' * 33}", 21206),
        (f"{TO}&Url={URL}&Timeout=601", 21208),
        (f"{TO}&Url={URL}&MachineDetection=x", 21234),
        (f"{TO}&Url={URL}&FallbackUrl=x", 20001),
        (f"Url={URL}&To=%2B1555", 21213),
        (f"Url={URL}&From=%2B1555", 21201),
    ],
)
async def test_what_breaks_a_rule_is_refused_and_nobody_is_called(
    desk: Desk, acting: ActingCommands, form: str, code: int
) -> None:
    assert refusal(await post(desk, LIST, form))[:2] == (400, code)
    assert acting.asked == []


@pytest.fixture
async def three(store: Any) -> None:
    """One call in progress, one that rings, one that is over."""
    await enter(
        store, call(ALICE), call(BOB, status=CallStatus.RINGING), call(CAROL, status=CallStatus.COMPLETED)
    )


@pytest.mark.usefixtures("three")
async def test_a_live_call_takes_another_document(desk: Desk, acting: ActingCommands) -> None:
    assert read(await post(desk, ONE, f"Url={URL}&Method=GET&FallbackUrl={URL}"))["status"] == "in-progress"
    assert acting.last[1] == (
        ALICE,
        CallChange("twilio", Ask(Purpose.REDIRECT, VOICE._replace(method="GET"), VOICE), fallback=VOICE),
    )
    await post(desk, ONE, "Twiml=%3CResponse%2F%3E")
    assert acting.last[1][1].begin == Given(b"<Response/>", "application/xml; charset=utf-8")
    await post(desk, ONE, f"TimeLimit=30&StatusCallback={URL}&StatusCallbackMethod=GET")
    change = acting.last[1][1]
    assert (change.begin, change.time_limit_s) == (None, 30)
    assert change.callbacks == (
        SubscriptionWish("call", frozenset({EventKind.CALL_ENDED}), VOICE._replace(method="GET")),
    )


@pytest.mark.usefixtures("three")
async def test_a_call_is_ended_or_given_up(desk: Desk) -> None:
    assert read(await post(desk, ONE, "Status=completed"))["status"] == "completed"
    ringing = f"{A}/Calls/CA{BOB}.json"
    assert read(await post(desk, ringing, "Status=canceled"))["status"] == "canceled"


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("call_id", "form"),
    [
        (ALICE, "Status=canceled"),
        (BOB, f"Url={URL}"),
        (CAROL, f"Url={URL}"),
        (CAROL, "Status=completed"),
        (CAROL, "Status=canceled"),
        (CAROL, "Twiml=%3CResponse%2F%3E"),
    ],
)
async def test_what_its_state_does_not_allow_is_21220(desk: Desk, call_id: str, form: str) -> None:
    assert refusal(await post(desk, f"{A}/Calls/CA{call_id}.json", form))[:2] == (400, 21220)


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("form", "code"),
    [
        (f"Url={URL}&Twiml=%3CResponse%2F%3E", 20001),
        ("Status=ringing", 20001),
        ("Url=nonsense", 21205),
        (f"Url={URL}&Method=PUT", 21209),
        ("TimeLimit=x", 20001),
    ],
)
async def test_what_breaks_a_rule_changes_nothing(
    desk: Desk, acting: ActingCommands, form: str, code: int
) -> None:
    assert refusal(await post(desk, ONE, form))[:2] == (400, code)
    assert acting.asked == []


@pytest.mark.usefixtures("three")
async def test_only_a_call_that_is_over_is_deleted(desk: Desk) -> None:
    over = f"{A}/Calls/CA{CAROL}.json"
    assert refusal(await ask(desk, ONE, method="DELETE"))[:2] == (409, 20009)
    assert (await ask(desk, over, method="DELETE")).status == 204
    assert refusal(await ask(desk, over))[:2] == (404, 20404)
    assert refusal(await ask(desk, over, method="DELETE"))[:2] == (404, 20404)
    assert refusal(await post(desk, f"{A}/Calls/CA1.json", "Status=completed"))[:2] == (405, 20004)
