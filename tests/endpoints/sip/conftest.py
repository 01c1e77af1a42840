"""Every test here runs on a simulated loop, unless it says otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from hubbub.lab.loop import SimulatedLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:

    return {"simulated": SimulatedLoop}
