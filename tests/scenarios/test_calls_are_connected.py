"""A caller's document dials others: who answers first is connected with him, and with nobody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from hubbub.domain.call import CallStatus, Direction
from hubbub.domain.events import EventKind, NumberedEvent
from hubbub.domain.ids import uuid_text
from hubbub.domain.paging import PageRequest
from hubbub.domain.queries import CallQuery
from hubbub.lab.caller import Caller
from hubbub.lab.clips import SPEECH_HZ
from hubbub.lab.customer import CustomerRequest
from hubbub.lab.lab import Lab
from hubbub.markup.effects import Given
from hubbub.services.calls.live_calls import LiveCall, RedirectInput

VOICE = "https://acme.example/voice"


class Desk:
    """A customer whose pages are named by the ends of their URLs."""

    def __init__(self, lab: Lab, pages: dict[str, str]) -> None:
        self.pages = pages
        self.asked: list[CustomerRequest] = []
        lab.customer("https://acme.example/", self.answer)

    def answer(self, request: CustomerRequest) -> str:
        self.asked.append(request)
        page = request.url.partition("?")[0].rpartition("/")[2]
        return self.pages.get(page, "<Response/>")

    def told(self, page: str) -> dict[str, Any]:
        (request,) = [each for each in self.asked if each.url.endswith("/" + page)]
        return request.params


async def dialling(lab: Lab, document: str, dialect: str = "twilio", **pages: str) -> tuple[Caller, Desk]:
    """A caller whose number leads to `document`."""
    desk = Desk(lab, {"voice": document, **pages})
    await lab.number("+15550100", VOICE, dialect=dialect)
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    return alice, desk


def hear_each_other(*callers: Caller) -> bool:
    return all(each.hears(*(other for other in callers if other is not each)) for each in callers)


@pytest.mark.parametrize("dialect", ["twilio", "restcomm", "bandwidth"])
async def test_two_are_connected_until_one_hangs_up_and_the_document_goes_on(lab: Lab, dialect: str) -> None:
    bob = await lab.phone("bob", answers_after_s=3)
    if dialect == "bandwidth":
        document = (
            f'<Response><Transfer transferCallerId="+15550100"><SipUri>{bob.uri}</SipUri></Transfer>'
            "<SpeakSentence>Thank you for calling us today</SpeakSentence></Response>"
        )
    else:
        document = (
            f'<Response><Dial callerId="+15550100"><Sip>{bob.uri}</Sip></Dial>'
            "<Say>Thank you for calling us today</Say></Response>"
        )
    alice, _ = await dialling(lab, document, dialect)
    await bob.is_answered()
    await lab.run_for(2.0)
    assert hear_each_other(alice, bob)
    bob.hangs_up()
    await lab.run_for(0.7)
    assert alice.hears(SPEECH_HZ, last_s=0.4)
    assert (await alice.ends(within_s=10)).by_far_end
    await lab.run_for(1.0)
    assert not list(lab.server.calls)


async def test_the_caller_hears_ringing_and_the_called_side_a_whisper_first(lab: Lab) -> None:
    bob = await lab.phone("bob", answers_after_s=3)
    document = f'<Response><Dial callerId="+15550100"><Sip url="/whisper">{bob.uri}</Sip></Dial></Response>'
    alice, _ = await dialling(
        lab, document, whisper="<Response><Say>a call for you from Alice</Say></Response>"
    )
    await lab.run_for(1.5)
    assert not alice.hears(last_s=0.5), "a ringing tone is heard"
    await bob.is_answered()
    await lab.run_for(1.0)
    assert bob.hears(SPEECH_HZ, last_s=0.4)
    assert not bob.hears(alice, last_s=0.4)
    await lab.run_for(3.0)
    assert hear_each_other(alice, bob)


async def test_of_all_who_ring_the_first_to_answer_wins(lab: Lab) -> None:
    bob, carol = await lab.phone("bob", answers_after_s=6), await lab.phone("carol", answers_after_s=2)
    document = (
        '<Response><Dial callerId="+15550100" action="/over">'
        f"<Sip>{bob.uri}</Sip><Sip>{carol.uri}</Sip></Dial></Response>"
    )
    alice, desk = await dialling(lab, document)
    await carol.is_answered()
    await lab.run_for(2.0)
    assert hear_each_other(alice, carol)
    assert bob.over is not None
    await lab.run_for(3.0)
    carol.hangs_up()
    await lab.run_for(1.0)
    told = desk.told("over")
    assert (told["DialCallStatus"], told["DialBridged"]) == ("completed", "true")
    assert told["DialCallSid"].startswith("CA")
    assert 4 <= int(told["DialCallDuration"]) <= 6


async def test_one_by_one_the_next_rings_when_the_one_before_cannot_be_had(lab: Lab) -> None:
    bob, carol = await lab.phone("bob", only_rings=True), await lab.phone("carol", answers_after_s=1)
    document = (
        '<Response><Dial callerId="+15550100" sequential="true" timeout="5">'
        f"<Sip>{bob.uri}</Sip><Sip>{carol.uri}</Sip></Dial></Response>"
    )
    alice, _ = await dialling(lab, document)
    await lab.run_for(4.0)
    assert not carol.is_ringing
    await carol.is_answered()
    await lab.run_for(2.0)
    assert hear_each_other(alice, carol)


async def test_one_who_answers_and_refuses_leaves_the_call_to_the_next(lab: Lab) -> None:
    bob, carol = await lab.phone("bob"), await lab.phone("carol", answers_after_s=1)
    document = (
        '<Response><Dial callerId="+15550100" sequential="true">'
        f'<Sip url="/refuse">{bob.uri}</Sip><Sip>{carol.uri}</Sip></Dial></Response>'
    )
    alice, _ = await dialling(lab, document, refuse="<Response><Pause/><Hangup/></Response>")
    await carol.is_answered()
    await lab.run_for(2.0)
    assert hear_each_other(alice, carol)
    assert bob.over is not None


@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"answers": False}, "busy"),
        ({"refuses_with": 404}, "failed"),
        ({"only_rings": True}, "no-answer"),
    ],
)
async def test_who_cannot_be_had_is_told_to_the_action(lab: Lab, how: dict[str, Any], status: str) -> None:
    bob = await lab.phone("bob", **how)
    document = f'<Response><Dial callerId="+15550100" timeout="5" action="/over"><Sip>{bob.uri}</Sip></Dial></Response>'
    alice, desk = await dialling(lab, document, over="<Response><Pause length='60'/></Response>")
    await lab.run_for(8.0)
    told = desk.told("over")
    assert (told["DialCallStatus"], told["DialBridged"]) == (status, "false")
    assert "DialCallDuration" not in told
    assert alice.is_talking


async def test_a_caller_is_answered_only_when_the_other_side_is_where_the_document_says_so(lab: Lab) -> None:
    bob = await lab.phone("bob", answers_after_s=4)
    document = (
        f'<Response><Dial callerId="+15550100" answerOnBridge="true"><Sip>{bob.uri}</Sip></Dial></Response>'
    )
    Desk(lab, {"voice": document})
    await lab.number("+15550100", VOICE)
    alice = lab.caller("alice")
    dialling_alice = lab.loop.create_task(alice.dial("+15550100"))
    await lab.run_for(3.0)
    assert not dialling_alice.done()
    await dialling_alice
    await lab.run_for(2.0)
    assert hear_each_other(alice, bob)


async def test_the_star_and_the_time_limit_end_a_connection(lab: Lab) -> None:
    bob = await lab.phone("bob")
    document = (
        f'<Response><Dial callerId="+15550100" hangupOnStar="true"><Sip>{bob.uri}</Sip></Dial>'
        f'<Dial callerId="+15550100" timeLimit="3"><Sip>{bob.uri}</Sip></Dial><Pause length="2"/></Response>'
    )
    alice, _ = await dialling(lab, document)
    await bob.is_answered()
    await lab.run_for(2.0)
    alice.presses("*")
    assert (await bob.ends(within_s=5)).by_far_end
    await lab.run_for(1.0)
    assert (await alice.ends(within_s=20)).by_far_end


async def test_a_caller_who_hangs_up_takes_the_other_side_with_him_and_the_action_is_told(lab: Lab) -> None:
    bob = await lab.phone("bob")
    document = f'<Response><Dial callerId="+15550100" action="/over"><Sip>{bob.uri}</Sip></Dial></Response>'
    alice, desk = await dialling(lab, document)
    await bob.is_answered()
    await lab.run_for(2.0)
    alice.hangs_up()
    assert (await bob.ends(within_s=5)).by_far_end
    await lab.run_for(1.0)
    told = desk.told("over")
    assert (told["CallStatus"], told["DialCallStatus"]) == ("completed", "completed")
    assert not list(lab.server.calls)


async def test_two_callers_may_be_bridged_and_go_their_own_ways_afterwards(lab: Lab) -> None:
    calls: dict[str, str] = {}

    def answer(request: CustomerRequest) -> str:
        event = json.loads(request.body)
        if event["eventType"] == "initiate":
            calls[event["from"]] = event["callId"]
            if event["from"] == "alice":
                return "<Response><Pause duration='60'/></Response>"
            return (
                f'<Response><Bridge bridgeTargetCompleteUrl="/target">{calls["alice"]}</Bridge>'
                "<SpeakSentence>you are on your own now</SpeakSentence></Response>"
            )
        assert event["eventType"] == "bridgeTargetComplete"
        return "<Response><Pause duration='60'/></Response>"

    lab.customer("https://acme.example/", answer)
    await lab.number("+15550100", VOICE, dialect="bandwidth")
    alice, bob = lab.caller("alice"), lab.caller("bob")
    await alice.dial("+15550100")
    await bob.dial("+15550100")
    await lab.run_for(2.0)
    assert hear_each_other(alice, bob)
    bob.hangs_up()
    await lab.run_for(2.0)
    assert alice.is_talking
    assert alice.hears()


async def parked(lab: Lab, *names: str) -> tuple[dict[str, Caller], dict[str, LiveCall]]:
    """Callers whose documents do nothing for a while, and their calls."""
    Desk(lab, {"voice": "<Response><Pause duration='60'/></Response>"})
    await lab.number("+15550100", VOICE, dialect="bandwidth")
    callers, calls = {}, {}
    for name in names:
        callers[name] = lab.caller(name)
        await callers[name].dial("+15550100")
        (calls[name],) = [live for live in lab.server.calls if live not in calls.values()]
    await lab.run_for(1.0)
    return callers, calls


def bridging(call: LiveCall) -> RedirectInput:
    """A new document, which has its call bridged to another, and goes on without it."""
    target = f"c-00000001-{uuid_text(call.call_id)}"
    text = f"<Response><Bridge>{target}</Bridge><Pause duration='60'/></Response>"
    return RedirectInput(Given(text.encode(), "text/xml"))


@pytest.mark.parametrize("first", ["alice", "bob"])
async def test_of_two_who_bridge_each_other_at_once_the_first_has_the_other(lab: Lab, first: str) -> None:
    callers, calls = await parked(lab, "alice", "bob")
    second = "bob" if first == "alice" else "alice"
    calls[first].inbox.put_nowait(bridging(calls[second]))
    calls[second].inbox.put_nowait(bridging(calls[first]))
    await lab.run_for(3.0)
    assert hear_each_other(*callers.values())
    callers[second].hangs_up()
    await lab.run_for(2.0)
    assert callers[first].is_talking, "his document goes on"


async def test_of_two_who_bridge_a_third_at_once_the_first_has_him_and_the_other_goes_on(lab: Lab) -> None:
    callers, calls = await parked(lab, "alice", "bob", "carol")
    for name in ("alice", "bob"):
        calls[name].inbox.put_nowait(bridging(calls["carol"]))
    await lab.run_for(3.0)
    assert hear_each_other(callers["alice"], callers["carol"])
    assert callers["bob"].is_talking
    assert callers["bob"].hears_silence()


async def test_a_ring_of_three_who_bridge_one_another_leaves_two_connected(lab: Lab) -> None:
    callers, calls = await parked(lab, "alice", "bob", "carol")
    for name, target in (("alice", "bob"), ("bob", "carol"), ("carol", "alice")):
        calls[name].inbox.put_nowait(bridging(calls[target]))
    await lab.run_for(3.0)
    talking = [caller for caller in callers.values() if caller.is_talking]
    assert len(talking) >= 2
    assert hear_each_other(*talking[:2]) or hear_each_other(*talking[-2:])


@pytest.mark.parametrize("which", [1, 2])
@pytest.mark.parametrize("turns", range(6))
async def test_a_dial_that_is_cut_off_as_its_call_is_made_leaves_no_leg_behind(
    lab: Lab, turns: int, which: int
) -> None:
    """Another document comes so many turns of the loop after the first or the second leg was written."""
    loop, made = asyncio.get_running_loop(), 0
    bob, carol = await lab.phone("bob", answers_after_s=3), await lab.phone("carol", answers_after_s=3)

    def redirect(turns_left: int) -> None:
        if turns_left:
            loop.call_soon(redirect, turns_left - 1)
        else:
            caller = next(live for live in lab.server.calls if live.watch is None)
            caller.inbox.put_nowait(RedirectInput(MOVED))

    def written(entries: Sequence[NumberedEvent]) -> None:
        nonlocal made
        for entry in entries:
            if entry.event.kind is EventKind.CALL_QUEUED:
                made += 1
                if made == which:
                    redirect(turns)

    lab.store.on_commit(written)
    both = f"<Sip>{bob.uri}</Sip><Sip>{carol.uri}</Sip>"
    alice, _ = await dialling(lab, f'<Response><Dial callerId="+15550100">{both}</Dial></Response>')
    await lab.run_for(1.0)
    assert made >= which
    assert alice.is_talking
    assert not bob.is_ringing
    assert not carol.is_ringing
    assert len(list(lab.server.calls)) == 1
    page = await lab.store.read.calls(CallQuery(frozenset({lab.account_id})), PageRequest(10))
    statuses = [leg.status for leg in page.items if leg.direction is Direction.OUTBOUND_DIAL]
    assert statuses == [CallStatus.CANCELED] * made


async def test_a_forwarded_caller_is_answered_by_whom_he_was_forwarded_to(lab: Lab) -> None:
    bob = await lab.phone("bob", answers_after_s=2)
    Desk(lab, {"voice": f'<Response><Forward to="{bob.uri}" from="+15550100"/></Response>'})
    await lab.number("+15550100", VOICE, dialect="bandwidth")
    alice = lab.caller("alice")
    await alice.dial("+15550100")
    await lab.run_for(2.0)
    assert hear_each_other(alice, bob)
    bob.hangs_up()
    assert (await alice.ends(within_s=5)).by_far_end


async def test_both_sides_of_a_connection_are_recorded_where_the_document_wants_it(lab: Lab) -> None:
    bob = await lab.phone("bob")
    document = (
        '<Response><Dial callerId="+15550100" record="record-from-answer-dual" action="/over">'
        f"<Sip>{bob.uri}</Sip></Dial></Response>"
    )
    _, desk = await dialling(lab, document)
    await bob.is_answered()
    await lab.run_for(3.0)
    bob.hangs_up()
    await lab.run_for(2.0)
    assert "/Recordings/RE" in desk.told("over")["RecordingUrl"]
    completed = [each.event for each in await lab.events() if each.event.kind == "recording-completed"]
    assert [event.data["source"] for event in completed] == ["dial"]
    assert 2500 <= completed[0].data["duration_ms"] <= 3500


async def test_a_message_is_taken_after_the_tone_and_its_length_is_told(lab: Lab) -> None:
    alice, desk = await dialling(
        lab,
        '<Response><Record action="/over" maxLength="60" finishOnKey="#" timeout="5"/></Response>',
        over="<Response><Pause/></Response>",
    )
    await lab.run_for(4.0)
    alice.presses("#")
    await lab.run_for(3.0)
    told = desk.told("over")
    assert told["Digits"] == "#"
    assert 2 <= int(told["RecordingDuration"]) <= 4
    assert "/Recordings/RE" in told["RecordingUrl"]


async def test_a_caller_who_says_nothing_leaves_no_message(lab: Lab) -> None:
    desk = Desk(
        lab,
        {
            "voice": '<Response><Record action="/over" timeout="3"/><Say>Nothing was said at all</Say></Response>'
        },
    )
    await lab.number("+15550100", VOICE)
    alice = lab.caller("alice")
    alice.says(None)
    await alice.dial("+15550100")
    assert (await alice.ends(within_s=20)).by_far_end
    assert lab.clips.spoken == ["Nothing was said at all"]
    assert [each.url for each in desk.asked] == [VOICE]


async def test_a_number_that_leads_nowhere_is_told_to_the_log_and_to_the_action(lab: Lab) -> None:
    document = '<Response><Dial callerId="+15550100" action="/over">+15559999</Dial></Response>'
    _, desk = await dialling(lab, document)
    await lab.run_for(1.0)
    assert desk.told("over")["DialCallStatus"] == "failed"
    failed = [each.event for each in await lab.events() if each.event.kind == "document-failed"]
    assert [event.data["code"] for event in failed] == ["13224"]


MOVED = Given(b'<Response><Dial><Conference beep="false">transfer</Conference></Dial></Response>', "text/xml")


def legs(lab: Lab) -> tuple[LiveCall, LiveCall]:
    """The caller's leg and the one that it called."""
    caller, called = sorted(lab.server.calls, key=lambda live: live.watch is not None)
    assert (caller.partner, called.partner) == (called.call_id, caller.call_id)
    return caller, called


async def two_connected(lab: Lab, after: str) -> tuple[Caller, Caller]:
    bob = await lab.phone("bob")
    dial = f'<Dial callerId="+15550100"><Sip>{bob.uri}</Sip></Dial>'
    alice, _ = await dialling(lab, f"<Response>{dial}{after}</Response>")
    await bob.is_answered()
    await lab.run_for(2.0)
    return alice, bob


async def test_a_called_leg_that_is_given_another_document_leaves_and_the_caller_goes_on(lab: Lab) -> None:
    alice, bob = await two_connected(lab, '<Dial><Conference beep="false">transfer</Conference></Dial>')
    _, called = legs(lab)
    called.inbox.put_nowait(RedirectInput(MOVED))
    await lab.run_for(3.0)
    created = [each.event for each in await lab.events() if each.event.kind == "conference-created"]
    assert [event.data["name"] for event in created] == ["transfer"]
    assert hear_each_other(alice, bob)
    assert all(live.partner is None for live in lab.server.calls)


async def test_a_caller_who_is_given_another_document_leaves_the_called_side_behind(lab: Lab) -> None:
    alice, bob = await two_connected(lab, "")
    caller, _ = legs(lab)
    caller.inbox.put_nowait(RedirectInput(MOVED))
    assert (await bob.ends(within_s=5)).by_far_end
    assert alice.is_talking


async def test_both_may_be_moved_at_once(lab: Lab) -> None:
    alice, bob = await two_connected(lab, "")
    for live in legs(lab):
        live.inbox.put_nowait(RedirectInput(MOVED))
    await lab.run_for(3.0)
    assert hear_each_other(alice, bob)


async def test_what_the_called_telephone_lets_one_hear_before_it_answers_is_heard_instead_of_ringing(
    lab: Lab,
) -> None:
    bob = await lab.phone("bob", early_hz=620, answers_after_s=5)
    alice, _ = await dialling(
        lab, f'<Response><Dial callerId="+15550100"><Sip>{bob.uri}</Sip></Dial></Response>'
    )
    await lab.run_for(3.0)
    assert alice.hears(620)
    await bob.is_answered()
    await lab.run_for(3.0)
    assert hear_each_other(alice, bob)
