"""Hypothesis for the protocol tests: the same examples every time, and no limit on wall-clock time.

A test that fails must fail again, and a busy machine must fail nothing; `tests/fuzz` is where new inputs are sought.
"""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.load_profile("deterministic")
