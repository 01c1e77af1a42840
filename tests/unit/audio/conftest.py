"""Hypothesis for the audio tests: the same examples every time, and no limit on wall-clock time."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("deterministic", derandomize=True, deadline=None)
settings.load_profile("deterministic")
