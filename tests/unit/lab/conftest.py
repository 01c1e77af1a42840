"""Every test here runs on a simulated loop; Hypothesis takes the same examples every time, however long they take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
from hypothesis import settings

from hubbub.lab.loop import SimulatedLoop
from hubbub.lab.pytest_plugin import lab, lab_seed

__all__ = ["lab", "lab_seed"]

settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.load_profile("deterministic")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"simulated": SimulatedLoop}
