"""Proof by ear, over real UDP: twelve callers, each with a tone of his own."""

from collections.abc import Callable

import numpy as np

from hubbub.audio import ears, tones
from hubbub.media import RtpPlane
from hubbub.services.ports import Mix
from media.far_end import FRAME, FarEnd, talk

CALLERS = 12
LEVEL_DBFS = -26.0
SECOND = 50
"""Frames."""


async def test_each_of_twelve_callers_hears_exactly_the_eleven_others(
    plane: RtpPlane, far_ends: Callable[..., FarEnd]
) -> None:
    mixer = plane.create_mixer()
    speakers = {}
    for i in range(CALLERS):
        far_end = far_ends(law=i % 2)
        media = plane.open_port()
        far_end.send_to(media)
        plane.connect(media.port_id, far_end.remote())
        plane.join(media.port_id, mixer, Mix())
        speakers[far_end] = tones.generate([tones.VOICES_HZ[i]], 1000, LEVEL_DBFS)
    await talk(speakers, list(speakers), 2 * SECOND)
    voices = tones.VOICES_HZ[:CALLERS]
    faults = {}
    for i, far_end in enumerate(speakers):
        pcm = far_end.heard(SECOND)
        assert len(pcm) == SECOND * FRAME
        others = {hz: LEVEL_DBFS for hz in voices if hz != voices[i]}
        wrong = ears.hear(pcm, voices).mismatches(others)
        if wrong:
            faults[voices[i]] = wrong
    assert faults == {}


async def test_four_at_full_scale_do_not_wrap(plane: RtpPlane, far_ends: Callable[..., FarEnd]) -> None:
    """One tone of four voices in phase: clipped, it keeps its sign at every sample; wrapped, it would not."""
    mixer = plane.create_mixer()
    everybody = [far_ends() for _ in range(5)]
    for far_end in everybody:
        media = plane.open_port()
        far_end.send_to(media)
        plane.connect(media.port_id, far_end.remote())
        plane.join(media.port_id, mixer, Mix())
    tone = tones.generate([500], 1000, 0)
    silence = np.zeros(FRAME, np.int16)
    await talk({f: tone if f is not everybody[4] else silence for f in everybody}, everybody, SECOND)
    pcm = everybody[4].heard(10).astype(int)
    assert abs(pcm).max() == 32124
    steps = abs(np.diff(pcm))
    swing = 4 * 32124 * 2 * np.pi * 500 / 8000
    assert steps.max() < swing, "a wrap jumps by 65,536"
