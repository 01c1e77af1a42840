"""Customers' servers that are slow, lie, loop or are not there: their own calls end or go on by their dialect's rules,
and a room of others hears nothing of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hubbub.domain.events import EventKind
from hubbub.lab.customer import CustomerAnswer, CustomerRequest
from hubbub.lab.lab import Lab
from scenarios.rooms import URL, by_caller, conference

DIALECTS = ("twilio", "bandwidth", "restcomm")
BAD = "https://bad.example"
NUMBER = "+15550199"
REDIRECT = {
    "twilio": f"<Response><Redirect>{BAD}/again</Redirect></Response>",
    "bandwidth": f'<Response><Redirect redirectUrl="{BAD}/again"/></Response>',
    "restcomm": f"<Response><Redirect>{BAD}/again</Redirect></Response>",
}
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
    "<Response><Say>&c;</Say></Response>"
)


def answers(body: bytes | str, **more: object) -> Callable[[CustomerRequest], CustomerAnswer]:
    answer = CustomerAnswer(body, **more)  # type: ignore[arg-type]  # as given below
    return lambda request: answer


def round_and_round(request: CustomerRequest) -> CustomerAnswer:
    """Every page is elsewhere, for ever."""
    number = int(request.params.get("page", "0"))
    return CustomerAnswer(status=301, location=f"{BAD}/voice?page={number + 1}")


FAULTS: dict[str, Callable[[CustomerRequest], CustomerAnswer]] = {
    "too slow": answers("<Response/>", after_s=3600.0),
    "moved to itself": answers("", status=301, location=f"{BAD}/voice"),
    "moved for ever": round_and_round,
    "moved nowhere": answers("", status=302, location="http://["),
    "ten megabytes": answers(b"<Response>" + b" " * 10_000_000 + b"</Response>"),
    "an error": answers("<Response/>", status=500),
    "not found": answers("nobody here", status=404, content_type="text/plain"),
    "empty": answers(b""),
    "a page for people": answers("<!doctype html><html><body>Welcome<br></body>", content_type="text/html"),
    "JSON": answers('{"say": "hello"}', content_type="application/json"),
    "a picture": answers(b"\x89PNG\r\n\x1a\n" + bytes(64), content_type="image/png"),
    "half a document": answers("<Response><Say>Hel"),
    "bytes that are no UTF-8": answers(b"<Response><Say>caf\xe9</Say></Response>"),
    "an encoding that nobody knows": answers(b'<?xml version="1.0" encoding="klingon-8"?><Response/>'),
    "entities that grow": answers(BOMB),
    "zero bytes": answers(bytes(1000)),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("fault", FAULTS)
async def test_a_call_whose_customer_misbehaves_ends_and_nobody_else_hears_of_it(
    lab: Lab, dialect: str, fault: str
) -> None:
    lab.customer(BAD, FAULTS[fault])
    await lab.number(NUMBER, f"{BAD}/voice", dialect=dialect)
    alice, bob, carol = lab.caller("alice"), lab.caller("bob"), lab.caller("carol")
    await alice.dial("standup")
    await bob.dial("standup")
    call = lab.loop.create_task(carol.dial(NUMBER))
    await lab.run_for(20.0)
    await lab.run_until(lambda: call.done() and not carol.is_talking, within_s=20.0)
    call.exception()
    assert carol.over is not None
    failed = [each.event for each in await lab.events() if each.event.kind is EventKind.DOCUMENT_FAILED]
    # No BXML at all is an answer: Bandwidth hangs up.
    assert bool(failed) is ((fault, dialect) != ("empty", "bandwidth"))
    assert alice.hears(bob)
    assert bob.hears(alice)


@pytest.mark.parametrize("dialect", DIALECTS)
async def test_documents_that_lead_to_one_another_for_ever_end_the_call(lab: Lab, dialect: str) -> None:
    customer = lab.customer(BAD, lambda request: REDIRECT[dialect])
    await lab.number(NUMBER, f"{BAD}/voice", dialect=dialect)
    carol = lab.caller("carol")
    call = lab.loop.create_task(carol.dial(NUMBER))
    await lab.run_until(lambda: call.done() and not carol.is_talking, within_s=30.0)
    call.exception()
    assert carol.over is not None
    assert len(customer.requests) <= 31
    assert "document-failed" in await lab.event_kinds()


@pytest.mark.parametrize(
    ("dialect", "document"),
    [
        ("twilio", f'<Response><Gather numDigits="1" timeout="1" action="{BAD}/x"/>{{again}}</Response>'),
        (
            "bandwidth",
            f'<Response><Gather maxDigits="1" firstDigitTimeout="1" gatherUrl="{BAD}/x"/>{{again}}</Response>',
        ),
        ("restcomm", f'<Response><Gather numDigits="1" timeout="1" action="{BAD}/x"/>{{again}}</Response>'),
    ],
)
async def test_a_menu_that_repeats_itself_for_ever_may_while_the_caller_stays(
    lab: Lab, dialect: str, document: str
) -> None:
    again = REDIRECT[dialect].removeprefix("<Response>").removesuffix("</Response>")
    customer = lab.customer(BAD, lambda request: document.format(again=again))
    await lab.number(NUMBER, f"{BAD}/voice", dialect=dialect)
    carol = lab.caller("carol")
    await carol.dial(NUMBER)
    await lab.run_for(60.0)
    assert carol.is_talking
    assert 20 <= len(customer.requests) <= 70
    carol.hangs_up()
    await lab.run_for(2.0)
    asked = len(customer.requests)
    await lab.run_for(20.0)
    assert len(customer.requests) == asked


async def test_waiting_that_leads_to_itself_without_a_sound_ends_for_who_waits(lab: Lab) -> None:
    waits = {"startConferenceOnEnter": "false", "waitUrl": f"{BAD}/again"}
    lab.customer(URL, by_caller(pat=conference(**waits), kim=conference(startConferenceOnEnter="false")))
    customer = lab.customer(BAD, lambda request: REDIRECT["twilio"])
    await lab.number(NUMBER, URL)
    pat, kim = lab.caller("pat"), lab.caller("kim")
    await kim.dial(NUMBER)
    await pat.dial(NUMBER)
    assert (await pat.ends(within_s=5)).by_far_end
    assert len(customer.requests) <= 31
    assert kim.is_talking
    teacher = lab.caller("teacher")
    await teacher.dial("standup")
    await lab.run_for(1.5)
    assert kim.hears(teacher)
