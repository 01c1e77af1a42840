"""Everything at once, in an order drawn from a seed, and what must hold all the same; `storm` says what that is."""

from __future__ import annotations

import pytest

from .storm import run


@pytest.mark.parametrize("seed", range(6))
def test_nothing_that_must_hold_is_broken(seed: int) -> None:
    run(seed, bursts=17)


def test_one_seed_is_one_storm() -> None:
    assert run(3, bursts=9) == run(3, bursts=9)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(100, 110))
def test_nothing_that_must_hold_is_broken_in_longer_storms(seed: int) -> None:
    run(seed, bursts=60)
