"""What holds for every test."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # the examples are run from the project's directory

# Ears fit a few sines to a second of sound: sums so small that BLAS's threads, on a machine where other tests run too,
# take ten times as long as one of them alone. It reads this when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests of real time run one after another; see `one_at_a_time`."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from one_at_a_time import RealTimeApart

    return RealTimeApart(config, log)
