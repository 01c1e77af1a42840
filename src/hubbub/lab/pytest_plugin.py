"""The lab in pytest: a fixture `lab`, and a simulated loop for the asynchronous tests that use it.

Needs pytest-asyncio. In a `conftest.py`:

    from hubbub.lab.pytest_plugin import lab, pytest_asyncio_loop_factories

Then `async def test_…(lab)` has a whole server on simulated time. `@pytest.mark.parametrize("lab_seed", [1, 2, 3])`
runs a test with other seeds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import pytest_asyncio

from hubbub.lab.lab import Lab
from hubbub.lab.loop import SimulatedLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Every asynchronous test beneath the conftest that imports this runs on simulated time."""
    return {"simulated": SimulatedLoop}


@pytest.fixture
def lab_seed() -> int:
    """The seed of `lab`; override it to choose another."""
    return 0


@pytest_asyncio.fixture
async def lab(lab_seed: int) -> AsyncIterator[Lab]:
    """A whole server on simulated time. Fails the test when the server logged an error of its own."""
    async with Lab(seed=lab_seed) as opened:
        yield opened
        faults = [line for line in opened.log.lines if line.level == "error"]
    assert not faults, faults
