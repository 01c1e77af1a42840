"""Compile the media core before it is needed, and say so."""

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numba import typeof as _typeof

from hubbub.audio.compile import cache_folder, is_compiling
from hubbub.media.core import rtcp_in
from hubbub.media.core.apply import apply
from hubbub.media.core.ingest import ingest
from hubbub.media.core.layout import new_state
from hubbub.media.core.tick import tick
from hubbub.media.loop import new_io, run
from hubbub.media.settings import MediaSettings

typeof: Any = _typeof
TINY = replace(
    MediaSettings(),
    rtp_port_last=10009,
    ports_max=2,
    mixers_max=1,
    playbacks_max=1,
    taps_max=1,
    arena_samples=1,
)


def warm_up(report: Callable[[str], None]) -> None:
    """Compile the core, or load it: under a second when a run before left it on disk.

    Args:
        report: told in a line what is happening, when it takes long, and how long it took.
    """
    if not is_compiling():
        return
    started_s = time.perf_counter()
    folder = cache_folder()
    first = not any(folder.glob("**/loop.run-*.nbc"))
    if first:
        report("compiling the media core; this is done once and takes up to a minute")
    state = new_state(TINY)
    io = new_io(state, 0, 0, 0)
    # `run` holds all the rest; the others are what the simulated plane calls.
    cast(Any, run).compile((typeof(state), typeof(io)))
    nothing = np.zeros(16, np.uint8)
    apply(state, np.zeros(8, np.int64), 0)
    ingest(state, 0, nothing, 0, 0, 0, 0)
    rtcp_in.ingest(state, 0, nothing, 0, 0, 0, 0)
    tick(state, 0, 0)
    if first:
        report(f"compiled the media core in {time.perf_counter() - started_s:.0f} s")
        for other in folder.parent.glob("kernels-*"):
            if other != folder:  # an older version's
                shutil.rmtree(other, ignore_errors=True)
