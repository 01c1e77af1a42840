"""The server makes calls: to telephones that answer, ring, refuse or are not there, each called at its SIP address."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from hubbub.domain.application import WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction, HangupCause
from hubbub.domain.errors import ConferenceFull, InvalidValue, ServerFull
from hubbub.lab.lab import SETTINGS, Lab
from hubbub.markup.effects import Ask, Purpose
from hubbub.services.calls.call_progress import Answered, Ended, HeardEarly, Rang
from hubbub.services.commands import CallWish
from hubbub.services.ports import Mix, Transaction
from scenarios.calling_out import FROM, place

EARLY_HZ = 620
FAST = dataclasses.replace(SETTINGS, calls_per_second=0.0)


async def test_a_telephone_that_answers_is_in_the_room(lab: Lab) -> None:
    alice, bob = lab.caller("alice"), await lab.phone("bob", answers_after_s=2)
    await alice.dial("standup")
    call = await place(lab, bob.uri)
    leg = await call.leg()
    assert (leg.status, leg.direction, leg.to_address) == (CallStatus.QUEUED, Direction.OUTBOUND_API, bob.uri)
    assert (leg.from_address, leg.parent_id) == (FROM, None)
    await lab.run_for(1.0)
    assert (await call.leg()).status is CallStatus.RINGING
    await bob.is_answered()
    await lab.run_for(2.0)
    assert (await call.leg()).status is CallStatus.IN_PROGRESS
    assert bob.hears(alice)
    assert alice.hears(bob)
    bob.hangs_up()
    leg = await call.is_over()
    assert (leg.status, leg.hangup_cause) == (CallStatus.COMPLETED, HangupCause.HANGUP)
    assert await call.kinds() == ["call-queued", "call-placed", "call-rang", "call-answered", "call-ended"]
    assert [type(each) for each in call.progress] == [Rang, Answered, Ended]
    placed = next(each.event for each in await call.events() if each.event.kind == "call-placed")
    assert leg.placed_at_ms == placed.occurred_at_ms


async def test_one_who_answers_before_the_ringing_is_written_has_rung_first(lab: Lab) -> None:
    bob = await lab.phone("bob")
    lab.delay(0.1)
    call = await place(lab, bob.uri)
    await lab.run_until(lambda: bool(bob.invites))
    async with lab.store.transaction():
        # Nothing else is written meanwhile.
        await lab.run_for(0.2)
    await lab.run_for(0.5)
    assert await call.kinds() == ["call-queued", "call-placed", "call-rang", "call-answered"]
    times = [each.event.occurred_at_ms for each in await call.events()]
    assert times == sorted(times)
    assert [type(each) for each in call.progress] == [Rang, Answered]


@pytest.mark.parametrize(
    ("how", "status", "cause", "sip_status"),
    [
        ({"answers": False}, CallStatus.BUSY, HangupCause.BUSY, 486),
        ({"refuses_with": 600}, CallStatus.BUSY, HangupCause.BUSY, 600),
        ({"refuses_with": 480}, CallStatus.NO_ANSWER, HangupCause.NO_ANSWER, 480),
        ({"refuses_with": 408}, CallStatus.NO_ANSWER, HangupCause.NO_ANSWER, 408),
        ({"refuses_with": 603}, CallStatus.BUSY, HangupCause.REJECTED, 603),
        ({"refuses_with": 404}, CallStatus.FAILED, HangupCause.SIGNALLING_FAILED, 404),
        ({"refuses_with": 503}, CallStatus.FAILED, HangupCause.SIGNALLING_FAILED, 503),
        ({"refuses_with": 487}, CallStatus.CANCELED, HangupCause.CANCELED, 487),
        ({"only_rings": True}, CallStatus.NO_ANSWER, HangupCause.NO_ANSWER, None),
    ],
)
async def test_a_telephone_that_does_not_answer_gives_the_call_its_status(
    how: dict[str, Any], status: CallStatus, cause: HangupCause, sip_status: int | None, lab: Lab
) -> None:
    bob = await lab.phone("bob", **how)
    call = await place(lab, bob.uri, timeout_s=20)
    leg = await call.is_over()
    assert (leg.status, leg.hangup_cause, leg.sip_status) == (status, cause, sip_status)
    assert call.progress[-1] == Ended(cause, status, sip_status)
    await lab.run_for(1.0)
    assert not bob.is_ringing


async def test_where_nobody_is_the_call_fails(lab: Lab) -> None:
    call = await place(lab, "sip:nobody@10.9.9.9")
    leg = await call.is_over()
    assert (leg.status, leg.sip_status) == (CallStatus.FAILED, 408)


async def test_early_media_can_be_heard_before_the_answer(lab: Lab) -> None:
    """The call's port has sound while it rings: whoever waits for the answer may have it in his mixer."""
    alice, carol = lab.caller("alice"), lab.caller("carol", is_silent=True)
    await alice.dial("listening")
    await carol.dial("listening")
    bob = await lab.phone("bob", early_hz=EARLY_HZ, answers_after_s=5)
    call = await place(lab, bob.uri)
    await lab.run_for(1.0)
    (heard,) = [each for each in call.progress if isinstance(each, HeardEarly)]
    (conference_id,) = {each.conference_id for each in lab.server.calls if each.conference_id}
    mixer = lab.server.rooms.mixer(conference_id)
    assert mixer is not None
    lab.media.join(heard.port_id, mixer, Mix())
    await lab.run_for(2.0)
    assert (await call.leg()).status is CallStatus.RINGING
    assert alice.hears(EARLY_HZ)


async def test_a_call_is_ended_when_its_time_is_over(lab: Lab) -> None:
    bob = await lab.phone("bob")
    call = await place(lab, bob.uri, time_limit_s=30)
    await bob.is_answered()
    answered_s = lab.now_s
    leg = await call.is_over()
    assert 29 < lab.now_s - answered_s < 31
    assert (leg.status, leg.hangup_cause) == (CallStatus.COMPLETED, HangupCause.COMPLETED)


async def test_digits_are_sent_before_anything_else(lab: Lab) -> None:
    bob = await lab.phone("bob")
    call = await place(lab, bob.uri, send_digits="ww12#")
    await bob.is_answered()
    await lab.run_for(0.8)
    assert bob.digits_heard == ""
    assert (await call.leg()).conference_id is None
    await lab.run_for(2.0)
    assert bob.digits_heard == "12#"
    assert (await call.leg()).conference_id is not None


async def test_a_call_asks_its_customer_when_it_is_answered(lab: Lab) -> None:
    acme = lab.customer("https://acme.example/answer", lambda request: "<Response><Hangup/></Response>")
    bob = await lab.phone("bob", answers_after_s=3)
    ask = Ask(Purpose.ANSWERED, WebTarget("https://acme.example/answer"))
    call = await place(lab, bob.uri, begin=ask)
    await lab.run_for(1.0)
    assert acme.requests == []
    leg = await call.is_over()
    assert leg.hangup_cause is HangupCause.COMPLETED
    (request,) = acme.requests
    assert request.params["CallStatus"] == "in-progress"
    assert request.params["Direction"] == "outbound-api"


async def test_headers_of_the_address_and_of_the_wish_are_sent_and_no_others(lab: Lab) -> None:
    bob = await lab.phone("bob")
    call = await place(lab, f"{bob.uri}?X-Case=7%207&Route=evil", headers={"X-Agent": "carol"})
    await bob.is_answered()
    headers = bob.invites[0].headers
    assert headers.get("X-Case") == "7 7"
    assert headers.get("X-Agent") == "carol"
    assert headers.get("Route") is None
    assert (await call.leg()).to_address == bob.uri


# --- ended by us ----------------------------------------------------------------------------------------


async def test_a_call_is_cancelled_while_it_rings(lab: Lab) -> None:
    bob = await lab.phone("bob", only_rings=True)
    call = await place(lab, bob.uri)
    await lab.run_until(lambda: bob.is_ringing)
    live = lab.server.calls.get(call.call_id)
    assert live is not None
    await lab.server.control.end_now(live, HangupCause.ENDED_BY_API)
    leg = await call.leg()
    assert (leg.status, leg.hangup_cause) == (CallStatus.CANCELED, HangupCause.ENDED_BY_API)
    await lab.run_for(1.0)
    assert not bob.is_ringing
    assert bob.over is not None
    assert bob.over.cause == "cancelled"
    assert await call.kinds() == ["call-queued", "call-placed", "call-rang", "call-ended"]


async def test_a_call_that_is_cancelled_before_anything_was_heard_of_it_ends(lab: Lab) -> None:
    """No CANCEL goes out before a provisional response (RFC 3261 §9.1); an answer to it is hung up."""
    bob = await lab.phone("bob")
    lab.delay(0.3)
    call = await place(lab, bob.uri)
    await lab.run_for(0.05)
    live = lab.server.calls.get(call.call_id)
    assert live is not None
    await lab.server.control.end_now(live, HangupCause.ENDED_BY_API)
    await lab.run_for(5.0)
    assert not bob.is_talking
    assert (await call.leg()).status is CallStatus.CANCELED


async def test_an_answer_that_crosses_the_cancel_is_hung_up(lab: Lab) -> None:
    bob = await lab.phone("bob", answers_after_s=1.0)
    lab.delay(0.2, bob)
    call = await place(lab, bob.uri)
    await lab.run_for(1.3)  # his 200 is on its way
    live = lab.server.calls.get(call.call_id)
    assert live is not None
    assert not live.answered
    lab.server.control.hang_up(live, HangupCause.ENDED_BY_API)
    await lab.run_for(3.0)
    assert bob.over is not None
    assert bob.over.cause == "hang-up"
    assert (await call.leg()).status is CallStatus.CANCELED
    assert "call-answered" not in await call.kinds()


# --- the queue ------------------------------------------------------------------------------------------


async def test_calls_of_one_account_leave_one_a_second_the_urgent_first(lab: Lab) -> None:
    phones = [await lab.phone(name, only_rings=True) for name in ("a", "b", "c", "d")]
    began_s = lab.now_s
    calls = [
        await place(lab, phone.uri, priority=priority)
        for phone, priority in zip(phones, (5, 5, 5, 1), strict=True)
    ]
    assert [call.queue_time_ms for call in calls] == [0, 1000, 2000, 1000]
    assert lab.server.place.queue_size(lab.account_id) == (3, 300)
    rang_s: dict[str, float] = {}
    while len(rang_s) < 4:
        await lab.run_for(0.05)
        for phone in phones:
            if phone.is_ringing:
                rang_s.setdefault(phone.name, round(lab.now_s - began_s))
    assert rang_s == {"a": 0, "d": 1, "b": 2, "c": 3}


async def test_a_leg_that_another_call_dials_does_not_wait(lab: Lab) -> None:
    phones = [await lab.phone(name) for name in ("a", "b")]
    await place(lab, phones[0].uri)
    call = await place(lab, phones[1].uri, at_once=True)
    assert call.queue_time_ms == 0
    await phones[1].is_answered(0.5)


async def test_a_call_that_is_ended_in_the_queue_is_never_sent(lab: Lab) -> None:
    bob, carol = await lab.phone("bob"), await lab.phone("carol")
    await place(lab, bob.uri)
    call = await place(lab, carol.uri)
    live = lab.server.calls.get(call.call_id)
    assert live is not None
    await lab.server.control.end_now(live, HangupCause.ENDED_BY_API)
    assert (await call.leg()).status is CallStatus.CANCELED
    await lab.run_for(5.0)
    assert carol.invites == []
    assert await call.kinds() == ["call-queued", "call-ended"]
    assert lab.server.place.queue_size(lab.account_id) == (0, 300)


async def test_a_full_queue_refuses_and_nothing_is_written(lab: Lab) -> None:
    for _ in range(301):
        await place(lab, "sip:nobody@10.9.9.9")
    before = len(await lab.events())
    with pytest.raises(ServerFull):
        await place(lab, "sip:nobody@10.9.9.9")
    assert len(await lab.events()) == before


async def test_what_goes_wrong_beside_the_leg_undoes_the_call(lab: Lab) -> None:
    """Whoever makes a call writes something with it, a place in a room say: both are there, or neither is."""

    async def no_room(tx: Transaction, leg: CallLeg) -> None:
        assert await tx.call(leg.id) == leg
        raise ConferenceFull("it holds 250")

    bob = await lab.phone("bob")
    account = await lab.store.read.account(lab.account_id)
    assert account is not None
    before = len(await lab.events())
    for _ in range(2):
        with pytest.raises(ConferenceFull):
            await lab.server.place(CallWish(account, bob.uri, FROM, "twilio"), within=no_room)
    await lab.run_for(5.0)
    assert len(await lab.events()) == before
    assert (len(lab.server.calls), lab.server.place.queue_size(lab.account_id)[0]) == (0, 0)
    assert bob.invites == []


async def test_a_server_that_stops_ends_what_waits(lab: Lab) -> None:
    bob = await lab.phone("bob", only_rings=True)
    ringing, waiting = await place(lab, bob.uri), await place(lab, bob.uri)
    await lab.run_for(0.5)
    await lab.server.control.drain(lambda: lab.clock.sleep(5))
    for call in (ringing, waiting):
        assert (await call.leg()).hangup_cause is HangupCause.SERVER_STOPPED
    assert not bob.is_ringing


# --- addresses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "to",
    [
        "",
        "bob",
        "+",
        "+1555x",
        "+12345678901234567",
        "sip:",
        "sip:bob@",
        "sip:b b@10.0.0.5",
        "client:",
        "tel:+15551",
        "https://acme.example",
        "sip:bob@10.0.0.5\r\nX-Evil: 1",
        "client:bob?x=a%0d%0ab",
    ],
)
async def test_what_cannot_be_called_is_refused_at_once(lab: Lab, to: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        await place(lab, to)
    assert refused.value.field == "to"
    assert await lab.events() == [each for each in await lab.events() if each.event.call_id is None]


@pytest.mark.parametrize("from_", ["", "  ", "a\nb", "sip:@", "x" * 200])
async def test_who_cannot_call_is_refused_at_once(lab: Lab, from_: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        await place(lab, "sip:bob@10.0.0.5", from_=from_)
    assert refused.value.field == "from"


async def test_a_number_without_a_trunk_is_refused_at_once(lab: Lab) -> None:
    with pytest.raises(InvalidValue, match="trunk"):
        await place(lab, "+15550199")


async def test_a_number_is_called_through_the_accounts_trunk_with_its_password(lab: Lab) -> None:
    carrier = await lab.phone("+15550199")
    await lab.trunk("carrier", target=f"sip:{carrier.host}:5060", username="acme", password="secret")
    call = await place(lab, "+15550199", begin=None)
    await carrier.is_answered()
    assert str(carrier.invites[0].uri) == f"sip:+15550199@{carrier.host}:5060"
    assert str(carrier.invites[0].from_addr.uri) == f"sip:{FROM}@10.0.0.1"
    assert (await call.leg()).to_address == "+15550199"


async def test_a_number_of_ones_own_is_called_by_calling_oneself() -> None:
    """Also where nobody else may call without a password."""
    async with Lab(settings=dataclasses.replace(SETTINGS, sip_open_networks="")) as lab:
        await lab.trunk("desk", username="alice", password="right")
        await lab.number("+15550123")
        alice = lab.caller("alice", username="alice", password="right")
        await alice.dial("+15550123")  # the number is a room of its own name
        bob = await lab.phone("bob")
        call = await place(lab, "+15550123", begin=None)
        await lab.run_for(1.0)
        assert (await call.leg()).status is CallStatus.IN_PROGRESS
        inbound = [each for each in await lab.events() if str(each.event.kind) == "call-received"]
        assert len(inbound) == 2
        assert inbound[1].event.data["to"] == "+15550123"
        del bob


async def test_a_customer_cannot_call_into_the_servers_own_network() -> None:
    async with Lab(settings=dataclasses.replace(SETTINGS, sip_target_networks="")) as lab:
        bob = await lab.phone("bob")
        call = await place(lab, bob.uri)
        leg = await call.is_over()
        assert (leg.status, leg.hangup_cause) == (CallStatus.FAILED, HangupCause.SIGNALLING_FAILED)
        lab.network.names["inside.example"] = bob.host
        call = await place(lab, "sip:bob@inside.example")
        assert (await call.is_over()).status is CallStatus.FAILED
        assert bob.invites == []


async def test_a_name_is_looked_up() -> None:
    async with Lab(settings=FAST) as lab:
        bob = await lab.phone("bob")
        lab.network.names["phones.example"] = bob.host
        await place(lab, "sip:bob@phones.example")
        await bob.is_answered()
        call = await place(lab, "sip:bob@unknown.example")
        assert (await call.is_over()).status is CallStatus.FAILED


# --- redirection ----------------------------------------------------------------------------------------


async def test_a_redirection_is_followed(lab: Lab) -> None:
    carol = await lab.phone("carol")
    bob = await lab.phone("bob", redirects_to=(carol.uri,))
    call = await place(lab, bob.uri)
    await carol.is_answered()
    await lab.run_for(0.2)
    assert (await call.leg()).status is CallStatus.IN_PROGRESS
    assert carol.invites[0].headers.get("To") == bob.invites[0].headers.get("To")


async def test_redirections_are_tried_one_after_another(lab: Lab) -> None:
    dave = await lab.phone("dave")
    carol = await lab.phone("carol", answers=False)
    bob = await lab.phone("bob", redirects_to=(carol.uri, dave.uri))
    await place(lab, bob.uri)
    await dave.is_answered()
    assert len(carol.invites) == 1


async def test_a_loop_of_redirections_ends(lab: Lab) -> None:
    bob = await lab.phone("bob", redirects_to=("sip:carol@10.1.0.2:5060",))
    carol = await lab.phone("carol", redirects_to=(bob.uri,))
    assert carol.uri == "sip:carol@10.1.0.2:5060"
    call = await place(lab, bob.uri)
    leg = await call.is_over()
    assert (leg.status, leg.sip_status) == (CallStatus.FAILED, 302)
    assert (len(bob.invites), len(carol.invites)) == (1, 1)


async def test_a_chain_of_redirections_has_an_end(lab: Lab) -> None:
    phones = []
    for number in range(8):
        following = (f"sip:phone{number + 1}@10.1.0.{number + 2}:5060",)
        phones.append(await lab.phone(f"phone{number}", redirects_to=following))
    call = await place(lab, phones[0].uri)
    assert (await call.is_over()).status is CallStatus.FAILED
    assert [len(phone.invites) for phone in phones] == [1, 1, 1, 1, 1, 1, 0, 0]
