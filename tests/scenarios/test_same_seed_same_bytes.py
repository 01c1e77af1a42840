"""Two runs with one seed are equal to the byte: every packet, every event, every identifier."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubbub.lab import loop
from hubbub.lab.lab import Lab


def run_once(seed: int) -> tuple[str, list[object], str]:
    """A room with coming and going over a bad network: its packets, its events, and what an API says of it."""

    async def main() -> tuple[str, list[object], str]:
        async with Lab(seed=seed) as lab:
            lab.conditions(delay_s=0.02, jitter_s=0.03, loss=0.03, duplication=0.02, reordering=0.02)
            alice, bob, carol = (lab.caller(name) for name in ("alice", "bob", "carol"))
            await alice.dial("standup")
            await bob.dial("standup")
            await lab.run_for(1.0)
            await carol.dial("standup")
            bob.presses("12#")
            await lab.run_for(2.0)
            alice.hangs_up()
            await lab.run_for(1.0)
            listed = await lab.get("/2010-04-01/Accounts/{AccountSid}/Conferences.json")
            return lab.trace_digest(), [tuple(each) for each in await lab.events()], listed.text

    return loop.run(main())


def test_one_seed_gives_one_run_and_another_seed_another() -> None:
    first, second, other = run_once(7), run_once(7), run_once(8)
    assert first == second
    assert first[0] != other[0]


@pytest.mark.slow
def test_another_process_another_hash_seed_and_plain_python_change_nothing() -> None:
    """Nothing may hang on the order of a set, on addresses in memory, or on whether the mixer is compiled."""
    ours = hashlib.sha256(repr(run_once(7)).encode()).hexdigest()
    program = "from scenarios.test_same_seed_same_bytes import *; print(hashlib.sha256(repr(run_once(7)).encode()).hexdigest())"
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "4242",
        "NUMBA_DISABLE_JIT": "1",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    theirs = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert theirs.stdout.strip() == ours
