"""Rooms, calls and ages have limits; what is beyond them is refused in time and harms nobody inside."""

from __future__ import annotations

import dataclasses

import pytest

import hubbub.phone.description as phone_module
from hubbub.lab.lab import SETTINGS, Lab
from hubbub.phone.phone import CODECS, CallFailed
from hubbub.protocol.sdp.capabilities import Codec


async def test_a_full_room_refuses_the_next_and_goes_on() -> None:
    async with Lab(settings=dataclasses.replace(SETTINGS, participants_max=2)) as lab:
        alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
        await alice.dial("standup")
        await bob.dial("standup")
        try:
            await carol.dial("standup")
            await carol.ends(within_s=30)
        except CallFailed:
            pass
        await lab.run_for(2.0)
        assert not carol.is_talking
        assert alice.hears(bob)
        assert bob.hears(alice)
        assert (await lab.event_kinds()).count("participant-joined") == 2


async def test_a_full_server_refuses_the_next_call() -> None:
    async with Lab(settings=dataclasses.replace(SETTINGS, sip_calls_max=2)) as lab:
        alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
        await alice.dial("standup")
        await bob.dial("standup")
        with pytest.raises(CallFailed, match="503"):
            await carol.dial("standup")
        bob.hangs_up()
        await lab.run_for(40.0)
        await carol.dial("standup")
        await lab.run_for(2.0)
        assert carol.hears(alice)


async def test_no_free_rtp_port_refuses_the_next_call() -> None:
    async with Lab(settings=dataclasses.replace(SETTINGS, ports_max=2)) as lab:
        alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
        await alice.dial("standup")
        await bob.dial("standup")
        with pytest.raises(CallFailed, match="503"):
            await carol.dial("standup")
        await lab.run_for(2.0)
        assert alice.hears(bob)


async def test_a_room_that_is_too_old_is_ended() -> None:
    async with Lab(settings=dataclasses.replace(SETTINGS, room_age_limit_s=60.0)) as lab:
        alice, bob = lab.caller("alice"), lab.caller("bob")
        await alice.dial("standup")
        await bob.dial("standup")
        await lab.run_for(58.0)
        assert alice.is_talking
        await lab.run_for(4.0)
        assert not alice.is_talking
        assert not bob.is_talking
        [ended] = [e.event for e in await lab.events() if e.event.kind == "conference-ended"]
        assert ended.data["reason"] == "age-limit"


async def test_a_caller_without_a_codec_in_common_is_refused_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CODECS, "G729", Codec("G729", 8000, 18))
    with pytest.raises(CallFailed, match="488"):
        await lab.caller("alice", codecs=("G729",)).dial("standup")
    assert lab.now_s < 1


async def test_a_caller_whose_sound_would_have_to_go_where_we_cannot_send_is_refused_at_once(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = phone_module.make_offer
    monkeypatch.setattr(
        phone_module, "make_offer", lambda host, *rest, **more: offer("fd00::2", *rest, **more)
    )
    with pytest.raises(CallFailed, match="488"):
        await lab.caller("alice").dial("standup")
    monkeypatch.undo()
    assert lab.now_s < 1
    bob = lab.caller("bob")
    await bob.dial("standup")
    assert bob.is_talking
