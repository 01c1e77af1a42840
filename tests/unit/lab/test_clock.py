"""The server's clock and chance: the simulated ones and the real ones keep the same promises."""

from __future__ import annotations

import asyncio
import re
import uuid

import pytest

from hubbub.clock import SystemClock
from hubbub.entropy import SystemEntropy
from hubbub.lab.clock import EPOCH_MS, SeededEntropy, SimulatedClock
from hubbub.services.ports import Clock, Entropy


def clocks() -> list[Clock]:
    return [SimulatedClock(asyncio.get_running_loop()), SystemClock()]


async def test_simulated_utc_begins_on_a_monday_morning_and_goes_with_the_loop() -> None:
    await asyncio.sleep(3)
    clock = SimulatedClock(asyncio.get_running_loop())
    assert clock.now_ms() == EPOCH_MS
    await clock.sleep(1.5)
    assert clock.now_ms() == EPOCH_MS + 1500


async def test_utc_may_step_while_monotonic_time_goes_on() -> None:
    clock = SimulatedClock(asyncio.get_running_loop())
    before = clock.mono_s()
    clock.set_back(10_000)
    assert clock.now_ms() == EPOCH_MS - 10_000
    assert clock.mono_s() == before


async def test_every_clock_calls_later_unless_cancelled() -> None:
    for clock in clocks():
        called: list[float] = []
        start = clock.mono_s()
        clock.call_later(2, lambda clock=clock, called=called: called.append(clock.mono_s()))  # type: ignore[misc]
        clock.call_later(1, lambda called=called: called.append(-1)).cancel()  # type: ignore[misc]
        await clock.sleep(3)
        assert called == [start + 2]


@pytest.mark.parametrize("entropy", [SeededEntropy(1), SystemEntropy()])
def test_every_chance_gives_ids_tokens_and_numbers_of_the_promised_shape(entropy: Entropy) -> None:
    ids = [entropy.id() for _ in range(200)]
    assert len(set(ids)) == 200
    for text in ids:
        assert re.fullmatch(r"[0-9a-f]{32}", text)
        assert uuid.UUID(text).version == 4
        assert uuid.UUID(text).variant == uuid.RFC_4122
    for size in (0, 1, 7, 32):
        assert re.fullmatch(rf"[0-9a-f]{{{size}}}", entropy.token(size))
    numbers = [entropy.random() for _ in range(200)]
    assert all(0 <= number < 1 for number in numbers)
    assert len(set(numbers)) > 150


def test_one_seed_gives_one_sequence_and_another_seed_another() -> None:
    def draw(seed: int) -> list[object]:
        chance = SeededEntropy(seed)
        return [chance.id(), chance.token(8), chance.random(), chance.id()]

    assert draw(1) == draw(1)
    assert draw(1) != draw(2)
