"""Telephones register with a password, and are then called as `client:NAME`, or as `sip:NAME@` this server."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from hubbub.domain.call import CallStatus
from hubbub.domain.ids import AccountId
from hubbub.lab.caller import Caller
from hubbub.lab.lab import SETTINGS, Lab
from hubbub.phone.phone import RegistrationFailed
from scenarios.calling_out import place

SECRET = "correct horse"


async def desk(lab: Lab, name: str = "bob", user: str = "bob", **settings: Any) -> Caller:
    """A registered telephone of a SIP user, who is made when he is new."""
    if await lab.store.read.trunk_secret(user) is None:
        await lab.trunk(user, username=user, password=SECRET)
    phone = await lab.phone(name, user=user, username=user, password=SECRET, **settings)
    await phone.register()
    return phone


@pytest.mark.parametrize("to", ["client:bob", "sip:bob@10.0.0.1", "sip:bob@10.0.0.1:5060"])
async def test_a_registered_telephone_is_called_by_its_name(lab: Lab, to: str) -> None:
    alice, bob = lab.caller("alice"), await desk(lab)
    await alice.dial("standup")
    call = await place(lab, to)
    await bob.is_answered()
    await lab.run_for(2.0)
    assert bob.hears(alice)
    assert (await call.leg()).to_address == to


async def test_what_a_clients_address_adds_comes_as_headers(lab: Lab) -> None:
    bob = await desk(lab)
    await place(lab, "client:bob?case=7&X-Mood=good%20one", headers={"X-Agent": "carol"})
    await bob.is_answered()
    headers = bob.invites[0].headers
    assert [headers.get(name) for name in ("X-case", "X-Mood", "X-Agent")] == ["7", "good one", "carol"]


async def test_all_telephones_of_a_user_ring_and_the_first_to_answer_has_the_call(lab: Lab) -> None:
    slow = await desk(lab, "slow", answers_after_s=9)
    quick = await desk(lab, "quick", answers_after_s=2)
    busy = await desk(lab, "busy", answers=False)
    call = await place(lab, "client:bob")
    await lab.run_for(1.0)
    assert slow.is_ringing
    assert quick.is_ringing
    assert len(busy.invites) == 1
    await quick.is_answered()
    await lab.run_for(1.0)
    assert not slow.is_ringing
    assert slow.over is not None
    assert slow.over.cause == "cancelled"
    assert (await call.kinds()).count("call-rang") == 1
    quick.hangs_up()
    assert (await call.is_over()).status is CallStatus.COMPLETED


async def test_two_telephones_that_answer_at_once_share_nothing(lab: Lab) -> None:
    """The answers cross our CANCEL: one has the call, the other is hung up at once (RFC 3261 §13.2.2.4)."""
    lab.delay(0.2)
    phones = [await desk(lab, name, answers_after_s=1) for name in ("one", "two")]
    await place(lab, "client:bob")
    await lab.run_for(5.0)
    assert [phone.is_talking for phone in phones].count(True) == 1


async def test_a_user_whose_telephones_are_all_busy_is_busy(lab: Lab) -> None:
    await desk(lab, "one", answers=False)
    await desk(lab, "two", refuses_with=480)
    call = await place(lab, "client:bob")
    leg = await call.is_over()
    assert (leg.status, leg.sip_status) in ((CallStatus.BUSY, 486), (CallStatus.NO_ANSWER, 480))


async def test_one_who_declines_everywhere_stops_the_others(lab: Lab) -> None:
    """A 6xx speaks for the user, not for the telephone (RFC 3261 §21.6)."""
    ringing = await desk(lab, "ringing", only_rings=True)
    await desk(lab, "declining", refuses_with=603)
    call = await place(lab, "client:bob")
    leg = await call.is_over(5.0)
    assert (leg.status, leg.sip_status) == (CallStatus.BUSY, 603)
    await lab.run_for(1.0)
    assert not ringing.is_ringing


async def test_a_telephone_over_tcp_is_called_over_its_own_connection(lab: Lab) -> None:
    """It does not listen for others: there is no other way to it."""
    bob = await desk(lab, transport="TCP")
    alice = lab.caller("alice")
    await alice.dial("standup")
    await place(lab, "client:bob")
    await bob.is_answered()
    await lab.run_for(2.0)
    assert bob.hears(alice)
    (registration,) = await lab.store.read.registrations("bob")
    assert registration.source.startswith(f"tcp:{bob.host}:")


async def test_nobody_registered_is_no_answer_and_nobody_known_is_not_found(lab: Lab) -> None:
    await lab.trunk("bob", username="bob", password=SECRET)
    leg = await (await place(lab, "client:bob")).is_over()
    assert (leg.status, leg.sip_status) == (CallStatus.NO_ANSWER, 480)
    leg = await (await place(lab, "sip:mallory@10.0.0.1")).is_over()
    assert (leg.status, leg.sip_status) == (CallStatus.FAILED, 404)


async def test_a_registration_ends_by_itself_and_by_request(lab: Lab) -> None:
    bob = await desk(lab)
    assert await bob.register(expires_s=60) == 60
    await lab.run_for(61.0)
    assert (await (await place(lab, "client:bob")).is_over()).sip_status == 480
    await bob.register()
    await bob.register(expires_s=0)
    assert await lab.store.read.registrations("bob") == []


async def test_a_registration_survives_a_crash_of_the_server(lab: Lab) -> None:
    bob = await desk(lab)
    await lab.crash()
    await lab.restart()
    await place(lab, "client:bob")
    await bob.is_answered()
    assert await bob.register() == 3600  # its old nonce is only stale


async def test_another_accounts_user_cannot_be_called(lab: Lab) -> None:
    bob = await desk(lab)
    account = await lab.store.read.account(lab.account_id)
    assert account is not None
    other = account._replace(id=AccountId("e" * 32), friendly_name="Globex", bandwidth_id="9777777")
    async with lab.store.transaction() as tx:
        await tx.put_account(other)
    call = await place(lab, "client:bob", account=other)
    assert (await call.is_over()).sip_status == 404
    assert bob.invites == []


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"username": "bob", "password": "wrong"}, 401),
        ({"username": "mallory", "password": SECRET}, 401),
        ({}, 401),
        ({"user": "alice", "username": "bob", "password": SECRET}, 403),
        ({"user": "nobody", "username": "bob", "password": SECRET}, 404),
    ],
)
async def test_only_oneself_can_be_registered_and_only_with_the_password(
    lab: Lab, settings: dict[str, Any], status: int
) -> None:
    for user in ("bob", "alice"):
        await lab.trunk(user, username=user, password=SECRET)
    phone = await lab.phone("somebody", **{"user": "bob", **settings})
    with pytest.raises(RegistrationFailed) as failed:
        await phone.register()
    assert failed.value.status == status
    assert await lab.store.read.registrations("bob") == []


async def test_a_storm_of_wrong_passwords_is_refused_unseen_and_told_once() -> None:
    async with Lab(settings=dataclasses.replace(SETTINGS, login_failures_max=5)) as lab:
        mallory = await lab.phone("bob", username="bob", password="guess")
        await lab.trunk("bob", username="bob", password=SECRET)
        statuses = []
        for _ in range(20):
            with pytest.raises(RegistrationFailed) as failed:
                await mallory.register()
            statuses.append(failed.value.status)
        assert statuses == [401] * 5 + [403] * 15
        assert len([line for line in lab.log.lines if line.event == "wrong SIP password"]) == 1
        bob = await desk(lab, "honest")  # from elsewhere the user is as he was
        await lab.run_for(61.0)
        with pytest.raises(RegistrationFailed) as failed:
            await mallory.register()
        assert failed.value.status == 401
        await place(lab, "client:bob")
        await bob.is_answered()


async def test_a_telephone_that_registers_for_too_short_asks_for_longer(lab: Lab) -> None:
    bob = await desk(lab)
    assert await bob.register(expires_s=5) == 60
    assert await bob.register(expires_s=100_000) == 7200
