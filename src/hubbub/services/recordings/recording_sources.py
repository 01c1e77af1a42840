"""Which taps a wish to record means, and how their sound is blended."""

from collections.abc import Mapping
from typing import NamedTuple

from hubbub.domain.errors import InvalidValue
from hubbub.domain.recording import Layout
from hubbub.services.commands import RecordWish
from hubbub.services.ports import TapKind
from hubbub.services.recordings.recording_files import RATE_HZ, SAMPLES_MAX, Blend
from hubbub.services.recordings.recording_take import Source, TakeLimits


class Sources(NamedTuple):
    blend: Blend
    tracks: dict[str, Source]


def sources_of_call(wish: RecordWish, port_id: int) -> Sources:
    """What to take of one leg.

    Raises:
        InvalidValue: a call has no such track or layout.
    """
    said, heard = Source(TapKind.RECEIVED, port_id), Source(TapKind.HEARD, port_id)
    wanted = {"both": (said, heard), "inbound": (said, None), "outbound": (None, heard)}.get(wish.track)
    if wanted is None:
        raise InvalidValue("track", f"a track is both, inbound or outbound, not {wish.track!r}")
    if wish.layout is Layout.TRACKS:
        raise InvalidValue("layout", "a call has two channels, and no tracks")
    stereo = wish.layout is Layout.STEREO
    names = ("left", "right") if stereo else ("inbound", "outbound")
    tracks = {name: each for name, each in zip(names, wanted, strict=True) if each is not None}
    return Sources(Blend.SIDE_BY_SIDE if stereo else Blend.SUM, tracks)


def sources_of_room(wish: RecordWish, mixer_id: int, voices: Mapping[str, Source]) -> Sources:
    """What to take of a room.

    Args:
        voices: those inside, by call id, in order of joining.
    """
    mix = {"mix": Source(TapKind.MIX, mixer_id)}
    if wish.layout is Layout.STEREO:
        return Sources(Blend.FIRST_AND_REST, mix | dict(zip(["first"], voices.values(), strict=False)))
    if wish.layout is Layout.TRACKS:
        return Sources(Blend.MIX_AND_TRACKS, mix | dict(voices))
    return Sources(Blend.SUM, mix)


def limits_of(wish: RecordWish) -> TakeLimits:
    """When a recording is to stop by itself."""
    longest = SAMPLES_MAX
    if wish.max_duration_ms is not None:
        longest = min(longest, wish.max_duration_ms * RATE_HZ // 1000)
    quiet = None if wish.silence_ms is None else wish.silence_ms * RATE_HZ // 1000
    return TakeLimits(longest, quiet)
