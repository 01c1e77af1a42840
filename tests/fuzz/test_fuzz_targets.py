"""Each fuzz target holds for a short, fixed run; the commands in the targets run longer ones."""

from __future__ import annotations

import random

import pytest

from fuzz import rest, sdp, sip
from fuzz.runner import fuzz, mutate


@pytest.mark.parametrize("module", [sip, sdp, rest], ids=lambda module: module.__name__.rpartition(".")[2])
def test_nothing_breaks_a_target(module) -> None:  # type: ignore[no-untyped-def]
    assert fuzz(module.target, module.CORPUS, module.WORDS, 400, 1) is None


def test_the_same_seed_gives_the_same_inputs() -> None:
    once, again, other = (random.Random(seed) for seed in (1, 1, 2))
    first = [mutate(once, sip.CORPUS, sip.WORDS) for _ in range(50)]
    assert first == [mutate(again, sip.CORPUS, sip.WORDS) for _ in range(50)]
    assert first != [mutate(other, sip.CORPUS, sip.WORDS) for _ in range(50)]


def test_a_target_that_breaks_is_reported_with_its_input() -> None:
    def target(data: bytes) -> None:
        assert b"\0" not in data

    broken = fuzz(target, [b"fine"], [b"\0"], 10, 1)
    assert broken is not None
    assert b"\0" in broken
