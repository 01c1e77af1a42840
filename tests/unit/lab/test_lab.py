"""The laboratory's own promises: its ears can say no, its dials turn, its limits hold."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from hubbub.domain.errors import InvalidValue
from hubbub.lab.clips import MUSIC_HZ, SPEECH_HZ, STOCK, LabClips
from hubbub.lab.customer import CustomerWeb
from hubbub.lab.errors import SimulationError, SimulationOverran
from hubbub.lab.lab import Lab
from hubbub.lab.loop import run
from hubbub.lab.network import Address
from hubbub.services.ports import FetchRequest


async def test_an_ear_says_what_was_wrong_and_names_the_voices() -> None:
    async with Lab(store="memory") as lab:
        alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
        await alice.dial("standup")
        await bob.dial("standup")
        await lab.run_for(2)
        assert alice.hears(bob)
        assert not alice.hears(carol)
        assert not alice.hears(bob, carol)
        assert not alice.hears_silence()
        assert not alice.hears(bob, MUSIC_HZ)
        bob.level_dbfs += 3  # he is said to be louder than he is
        assert not alice.hears(bob)
        bob.level_dbfs -= 3
        judgement = alice.hears(carol)
        assert f"carol ({carol.tone_hz} Hz) is at" in repr(judgement)
        assert f"bob ({bob.tone_hz} Hz) is there" in repr(judgement)


async def test_voices_differ_from_the_servers_own_sounds() -> None:
    async with Lab(store="memory") as lab:
        for number in range(16):
            lab.caller(f"caller{number}")
        voices = sorted(lab.voices_hz)
        assert len(voices) == 16 + 1 + len(STOCK)
        assert min(b - a for a, b in itertools.pairwise(voices)) >= 20


async def test_dials_turn_one_by_one_for_one_caller_or_for_all() -> None:
    async with Lab(store="memory") as lab:
        alice, bob = lab.caller("alice"), lab.caller("bob")
        server = Address("10.0.0.1", 5060)
        lab.delay(0.1)
        lab.loss(0.5, alice)
        lab.jitter(0.2, alice)
        to_alice = lab.network.conditions(server, Address(alice.host, 5060))
        from_bob = lab.network.conditions(Address(bob.host, 5060), server)
        assert (to_alice.delay_s, to_alice.loss, to_alice.jitter_s) == (0.1, 0.5, 0.2)
        assert (from_bob.delay_s, from_bob.loss) == (0.1, 0.0)


async def test_waiting_for_a_condition_ends_when_it_holds_or_time_is_up() -> None:
    async with Lab(store="memory") as lab:
        lab.loop.call_later(3, lab.log.info, "now")
        await lab.run_until(lambda: lab.log.lines)
        assert lab.now_s == pytest.approx(3, abs=0.03)
        with pytest.raises(TimeoutError, match="within 5 s"):
            await lab.run_until(lambda: False, within_s=5)


async def test_words_are_tones_as_long_as_they_take_and_are_remembered() -> None:
    clips = LabClips(CustomerWeb())
    clip = await clips.speak("Hello there", voice="", language="en")
    assert clip.duration_ms == 660
    assert clips.spoken == ["Hello there"]
    with pytest.raises(InvalidValue):
        await clips.speak(" ", voice="", language="en")
    assert SPEECH_HZ not in {hz for hz, _ in STOCK.values()}


async def test_a_file_that_is_no_sound_is_refused() -> None:
    web = CustomerWeb()
    web.add("https://acme.example/", lambda request: b"ID3 something else")
    with pytest.raises(InvalidValue, match="not a WAV"):
        await LabClips(web).load(FetchRequest("https://acme.example/x.mp3", "GET"))


def test_a_lab_needs_a_simulated_loop() -> None:
    async def main() -> None:
        Lab()

    with pytest.raises(SimulationError, match="simulated loop"):
        asyncio.run(main())


def test_a_scenario_that_never_ends_is_ended_by_the_time_limit() -> None:
    async def main() -> None:
        async with Lab(store="memory", time_limit_s=30) as lab:
            await lab.caller("alice").dial("standup")
            await asyncio.Event().wait()

    with pytest.raises(SimulationOverran, match="limit"):
        run(main())


async def test_the_web_application_is_called_without_a_socket() -> None:
    async with Lab(store="memory") as lab:
        assert (await lab.get("/healthz")).status == 200
        assert (await lab.get("/readyz")).status == 200
        assert (await lab.post("/2010-04-01/Nothing", {"a": 1})).status == 404
