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


async def test_four_at_full_scale_in_phase_never_wrap(
    plane: RtpPlane, far_ends: Callable[..., FarEnd]
) -> None:
    """One tone of four voices in phase: limited, it stays one tone; wrapped, it would jump."""
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
    heard = ears.hear(everybody[4].heard(10), [500])
    assert heard.tones_dbfs[500] > -6
    assert heard.outside_dbfs < -36, "G.711's own noise at this level"


async def test_four_at_full_scale_are_heard_cleanly(plane: RtpPlane, far_ends: Callable[..., FarEnd]) -> None:
    mixer = plane.create_mixer()
    voices = tones.VOICES_HZ[:5]
    speakers = {}
    for i in range(5):
        far_end = far_ends()
        media = plane.open_port()
        far_end.send_to(media)
        plane.connect(media.port_id, far_end.remote())
        plane.join(media.port_id, mixer, Mix())
        speakers[far_end] = tones.generate([voices[i]] if i < 4 else [], 1000, 0)
    await talk(speakers, list(speakers), 2 * SECOND)
    for i, far_end in enumerate(speakers):
        heard = ears.hear(far_end.heard(SECOND), voices)
        assert heard.outside_dbfs < -40
        assert heard.audible() == {hz for hz in voices[:4] if hz != voices[i]}
        assert max(heard.tones_dbfs[hz] for hz in voices) < -9, "made quieter, all of them"
