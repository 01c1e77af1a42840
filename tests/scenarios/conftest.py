"""The scenarios: the whole server on simulated time, told by Alice, Bob and Carol. Together they are the manual."""

from __future__ import annotations

from hubbub.lab.pytest_plugin import lab, lab_seed, pytest_asyncio_loop_factories

__all__ = ["lab", "lab_seed", "pytest_asyncio_loop_factories"]
