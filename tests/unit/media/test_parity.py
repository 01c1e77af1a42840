"""Compiled and plain Python are one program: the same packets, to the bit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCENARIO = Path(__file__).parents[2] / "media" / "parity_scenario.py"


def run(seed: int, *, compiled: bool) -> list[str]:
    environment = dict(os.environ)
    environment.pop("NUMBA_DISABLE_JIT", None)
    if not compiled:
        environment["NUMBA_DISABLE_JIT"] = "1"
    done = subprocess.run(  # the interpreter itself, on a file of ours
        [sys.executable, "-W", "error", str(SCENARIO), str(seed)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_plain_python_sends_the_very_packets_that_compiled_code_sends(seed: int) -> None:
    compiled = run(seed, compiled=True)
    plain = run(seed, compiled=False)
    assert len(compiled) == 151
    assert sum(int(line.split()[0]) for line in compiled[:-1]) > 500
    for tick, (one, other) in enumerate(zip(compiled, plain, strict=True)):
        assert one == other, f"tick {tick}"
