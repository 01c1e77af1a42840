"""The telephone: two of them call one another over a simulated network."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from hubbub.audio.tones import generate
from hubbub.audio.wav import write_wav
from hubbub.lab.network import Conditions
from hubbub.phone.phone import CallFailed, PhoneState
from hubbub.phone.sounds import VOICE_DBFS, recording
from hubbub.protocol.sip.events import EndCause
from unit.phone.telephones import ALICE_HZ, BOB_HZ, network, telephone, two_talking

BOTH = [ALICE_HZ, BOB_HZ]


async def test_two_telephones_hear_one_another_and_never_themselves() -> None:
    async with two_talking() as (alice, bob):
        await asyncio.sleep(2)
        assert alice.listens(BOTH).mismatches({BOB_HZ: VOICE_DBFS}) == []
        assert bob.listens(BOTH).mismatches({ALICE_HZ: VOICE_DBFS}) == []
        assert bob.has_rung is False
        assert alice.has_rung


@pytest.mark.parametrize("codecs", [("PCMA",), ("PCMU",), ("PCMA", "PCMU")])
async def test_both_laws_are_spoken(codecs: tuple[str, ...]) -> None:
    async with two_talking(codecs=codecs) as (alice, bob):
        await asyncio.sleep(2)
        assert alice.listens(BOTH).audible() == {BOB_HZ}
        assert bob.listens(BOTH).audible() == {ALICE_HZ}


@pytest.mark.parametrize("ptime_ms", [10, 20, 30, 60])
async def test_packets_are_as_long_as_the_far_end_wishes(ptime_ms: int) -> None:
    async with two_talking(ptime_ms=ptime_ms) as (alice, bob):
        await asyncio.sleep(3)
        assert bob.listens(BOTH).mismatches({ALICE_HZ: VOICE_DBFS}) == []
        assert abs(bob.counters.sent - 3000 / ptime_ms) <= 1
        assert alice.counters.received in (bob.counters.sent, bob.counters.sent - 1)


async def test_the_one_who_hangs_up_ends_it_for_both_and_no_port_is_left() -> None:
    async with two_talking() as (alice, bob):
        await asyncio.sleep(1)
        alice.hangs_up()
        over = await bob.ends()
        assert over.by_far_end
        assert over.cause is EndCause.HANG_UP
        assert alice.state is bob.state is PhoneState.IDLE
        heard = alice.heard_pcm()
        await asyncio.sleep(60)
        assert len(network().bound) == 2
        assert np.array_equal(alice.heard_pcm()[: len(heard)], heard)
    assert not network().bound


async def test_a_busy_telephone_refuses_a_second_caller() -> None:
    async with two_talking() as (alice, bob), telephone("carol") as carol:
        with pytest.raises(CallFailed, match="486"):
            await carol.dials(bob.uri)
        await asyncio.sleep(1)
        assert alice.state is bob.state is PhoneState.TALKING


async def test_nobody_there_fails_after_the_retransmissions_of_the_rfc() -> None:
    async with telephone("alice") as alice:
        with pytest.raises(CallFailed) as failed:
            await alice.dials("sip:bob@10.0.0.2")
        assert failed.value.over.cause is EndCause.NO_RESPONSE
        assert asyncio.get_running_loop().time() == pytest.approx(32, abs=1)
    assert not network().bound


async def test_a_caller_who_gives_up_cancels() -> None:
    async with telephone("bob", answers=True, answers_after_s=60) as bob, telephone("alice") as alice:
        with pytest.raises(CallFailed) as failed:
            await alice.dials(bob.uri, ring_s=5)
        assert failed.value.over.cause is EndCause.CANCELLED
        await asyncio.sleep(1)
        assert bob.over is not None
        assert bob.over.cause is EndCause.CANCELLED
        assert bob.state is PhoneState.IDLE


async def test_keys_arrive_once_each_and_in_order_over_a_bad_network() -> None:
    network().set_conditions(
        Conditions(delay_s=0.02, jitter_s=0.03, loss=0.1, duplication=0.1, reordering=0.1)
    )
    async with two_talking() as (alice, bob):
        alice.presses("1234#*0")
        await asyncio.sleep(4)
        assert sorted(bob.digits_heard) == sorted("1234#*0")


async def test_keys_are_pressed_in_order_and_silence_the_voice_meanwhile() -> None:
    async with two_talking() as (alice, bob):
        alice.presses("159D")
        await asyncio.sleep(1)
        assert bob.digits_heard == "159D"
        await asyncio.sleep(2)
        assert bob.listens(BOTH).mismatches({ALICE_HZ: VOICE_DBFS}) == []


async def test_keys_go_by_info_too() -> None:
    async with two_talking() as (alice, bob):
        alice.presses("5#", by_info=True)
        await asyncio.sleep(1)
        assert bob.digits_heard == "5#"


async def test_without_telephone_events_a_key_is_refused_and_not_lost_silently() -> None:
    async with two_talking(telephone_events=False) as (alice, _):
        with pytest.raises(ValueError, match="4733"):
            alice.presses("5")


async def test_a_recording_is_said_once_and_its_end_is_told() -> None:
    sound = recording(write_wav(generate([1370], 1500, -20)))
    async with two_talking() as (alice, bob):
        started = asyncio.get_running_loop().time()
        await alice.says(sound)
        assert asyncio.get_running_loop().time() - started == pytest.approx(1.5, abs=0.03)
        assert bob.listens([1370], last_s=1).mismatches({1370: -20.0}) == []
        await asyncio.sleep(2)
        assert bob.listens([1370]).level_dbfs < -80


async def test_who_is_on_hold_sends_nothing_until_resumed() -> None:
    async with two_talking() as (alice, bob):
        await asyncio.sleep(1)
        alice.holds()
        await asyncio.sleep(2)
        assert alice.listens(BOTH).level_dbfs < -80
        assert bob.listens(BOTH).audible() == {ALICE_HZ}
        alice.resumes()
        await asyncio.sleep(2)
        assert alice.listens(BOTH).audible() == {BOB_HZ}


async def test_sound_survives_loss_jitter_and_reordering_with_gaps_and_nothing_else() -> None:
    network().set_conditions(
        Conditions(delay_s=0.05, jitter_s=0.04, loss=0.05, duplication=0.05, reordering=0.05)
    )
    async with two_talking() as (alice, _):
        await asyncio.sleep(10)
        heard = alice.listens(BOTH, last_s=8)
        assert heard.audible() == {BOB_HZ}
        assert heard.tones_dbfs[BOB_HZ] == pytest.approx(VOICE_DBFS, abs=1)
        pcm = alice.heard_pcm(8)
        silent = (pcm.reshape(-1, 160) == 0).all(axis=1).mean()
        assert 0.01 < silent < 0.12


async def test_a_host_name_is_looked_up_and_an_unknown_one_is_an_error() -> None:
    network().names["bobs.example"] = "10.0.0.2"
    async with telephone("bob", answers=True) as bob, telephone("alice", home="bobs.example:5060") as alice:
        await alice.dials("bob")
        assert bob.state is PhoneState.TALKING
        alice.hangs_up()
        await alice.ends()
        with pytest.raises(OSError, match="nowhere"):
            await alice.dials("sip:x@nowhere.example")
        with pytest.raises(RuntimeError, match="not in a call"):
            alice.presses("1")
        await alice.dials(bob.uri)


async def test_a_telephone_in_use_cannot_dial() -> None:
    async with two_talking() as (alice, bob):
        with pytest.raises(RuntimeError, match="in use"):
            await alice.dials(bob.uri)


async def test_strangers_and_nonsense_on_the_rtp_port_are_dropped_and_counted() -> None:
    loop = asyncio.get_running_loop()
    async with two_talking() as (alice, _):
        await asyncio.sleep(1)
        rtp = next(a for a in network().bound if a.host == "10.0.0.1" and a.port != 5060)
        for source in ("10.0.0.9", "10.0.0.2"):
            eve, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (source, 0))
            for data in (b"", b"\x80", bytes(1600), b"\xff" * 40, bytes.fromhex("80600001") + bytes(168)):
                eve.sendto(data, rtp)
        await asyncio.sleep(1)
        assert alice.counters.dropped == 10
        assert alice.listens(BOTH).mismatches({BOB_HZ: VOICE_DBFS}) == []


async def test_a_transport_that_it_does_not_speak_is_refused_by_name() -> None:
    async with telephone("alice") as alice:
        with pytest.raises(ValueError, match="not TLS"):
            await alice.dials("sip:bob@10.0.0.2;transport=tls")


async def test_a_server_that_takes_no_connections_fails_at_once() -> None:
    async with telephone("alice") as alice:
        with pytest.raises(CallFailed) as failed:
            await alice.dials("sip:bob@10.0.0.2;transport=tcp")
        assert failed.value.over.cause is EndCause.UNREACHABLE
        assert asyncio.get_running_loop().time() < 1
    assert not network().bound


async def test_a_header_that_cannot_be_sent_is_refused_and_the_telephone_stays_usable() -> None:
    async with telephone("bob", answers=True) as bob, telephone("alice") as alice:
        with pytest.raises(ValueError, match=r"."):
            await alice.dials(bob.uri, headers={"X-Evil": "a\r\nInjected: yes"})
        assert len(network().bound) == 2
        await alice.dials(bob.uri, headers={"X-Fine": "yes"})
        assert alice.state is PhoneState.TALKING
