"""One recording being taken: what its taps deliver, laid at the right sample of the right track.

A `Take` has no clock of its own: where a sound lies follows from the position that the mixer gave it. Between
a pause and its resumption lies the boundary of two `Stretch`es: all taps are closed and opened anew, so that
it falls on a tick, to the sample, however late the frames come. Leaves the row and its states to
`recordings`, and files to `recording_files`.
"""

import asyncio
from collections.abc import Callable, Mapping, Set
from typing import Final, NamedTuple

from hubbub.services.commands import StopReason
from hubbub.services.ports import Clock, MediaPlane, TapFrame, TapKind
from hubbub.services.recordings.recording_files import RATE_HZ, SAMPLES_MAX, SoundWriter

WINDOW_SAMPLES: Final = 160
WINDOW_BYTES: Final = 2 * WINDOW_SAMPLES
"""Silence is looked for in windows of 20 ms, one tick."""


class Source(NamedTuple):
    """What one track takes."""

    kind: TapKind
    target: int


class TakeLimits(NamedTuple):
    samples_max: int = SAMPLES_MAX
    quiet_samples: int | None = None
    """It is over when nobody has spoken for so long."""


class _Tap:
    __slots__ = ("is_closing", "next", "stretch", "track")

    def __init__(self, track: str, stretch: "Stretch") -> None:
        self.track = track
        self.stretch = stretch
        self.is_closing = False
        self.next: int | None = None
        """The mixer's position that the next frame should have."""


class Stretch:
    """A time without a pause, or a pause that is kept as silence."""

    __slots__ = ("is_silent", "open", "origin", "skips", "start", "waiting")

    def __init__(self, *, is_silent: bool, skips: bool) -> None:
        self.is_silent = is_silent
        self.skips = skips
        """The time between it and the stretch before is left out."""
        self.origin: int | None = None
        """The mixer's position of `start`."""
        self.start = 0
        self.open: set[int] = set()
        self.waiting: list[TapFrame] = []
        """Frames that came before the stretch ahead was over."""


class Take:
    """Takes sound until it is closed.

    Args:
        taps: where the take enters itself under each of its taps, for whoever hears the frames.
        over: called once, when a limit is reached; the take goes on until it is closed.
        has_voice: whether anybody speaks in a window of sound.
    """

    def __init__(
        self,
        media: MediaPlane,
        writer: SoundWriter,
        clock: Clock,
        taps: dict[int, "Take"],
        *,
        limits: TakeLimits,
        over: Callable[[StopReason], None],
        has_voice: Callable[[bytes], bool],
    ) -> None:
        self._media = media
        self._writer = writer
        self._clock = clock
        self._everybody = taps
        self._limits = limits
        self._over = over
        self._is_over = False
        self._has_voice = has_voice
        self._sources: dict[str, Source] = {}
        self._taps: dict[int, _Tap] = {}
        self._stretches: list[Stretch] = []
        self._lead: Stretch | None = None
        """The last stretch that laid down sound: the next one's place follows from it."""
        self._heard_at_s = clock.mono_s()
        self._voiced_at = 0
        self.samples = 0
        """How long the recording is."""
        self.is_taking = False
        """False while it is paused, and before and after all."""
        self.is_closing = False
        self.closed = asyncio.Event()
        """Set when the last frame of the last tap was taken, after `close`."""

    # --- commands ---------------------------------------------------------------------------------------

    def start(self, sources: Mapping[str, Source]) -> None:
        """Begin to take from these, by track. Raises ServerFull; then nothing is begun."""
        self._sources = dict(sources)
        self._open_stretch(is_silent=False, skips=False)
        self.is_taking = True

    def pause(self, *, skip: bool) -> None:
        """Leave out what follows, or keep it as silence. Raises ServerFull; then it goes on."""
        old = set(self._taps)
        if not skip:
            self._open_stretch(is_silent=True, skips=False)
        self._close_taps(old)
        self.is_taking = False

    def resume(self) -> None:
        """Raises ServerFull; then it stays paused."""
        old = set(self._taps)
        keeps_silence = self._stretches[-1].is_silent
        self._open_stretch(is_silent=False, skips=not keeps_silence)
        self._close_taps(old)
        # What was left out is no time of the recording.
        self._heard_at_s = self._clock.mono_s()
        self.is_taking = True

    def add(self, track: str, source: Source) -> None:
        """Take from one more; what the track lacks before is silence. Raises ServerFull."""
        self._sources[track] = source
        if self.is_taking:
            self._open_tap(self._stretches[-1], track, source)

    def drop(self, track: str) -> None:
        """Take no more from one."""
        if self._sources.pop(track, None) is not None:
            self._close_taps({key for key, tap in self._taps.items() if tap.track == track})

    def note(self, what: str, details: Mapping[str, object]) -> None:
        """Add to the timeline what happens now."""
        self._writer.note(self.position(), what, details)

    def position(self) -> int:
        """About where in the recording now is: frames come a little later than their sound."""
        if not self._taps:
            return self.samples
        since_s = min(1.0, max(0.0, self._clock.mono_s() - self._heard_at_s))
        return min(self.samples + int(since_s * RATE_HZ), self._limits.samples_max)

    def close(self) -> None:
        """Take no more; `closed` follows when what was taken has come."""
        self.is_closing, self.is_taking = True, False
        self._close_taps()
        self._go_on()

    def give_up(self) -> None:
        """Forget what may still come: the file has failed, or the last frames never came."""
        self.is_closing, self.is_taking = True, False
        self._close_taps()
        for tap_id in list(self._taps):
            self._forget(tap_id)
        self._stretches.clear()
        self.closed.set()

    # --- taps -------------------------------------------------------------------------------------------

    def _open_stretch(self, *, is_silent: bool, skips: bool) -> None:
        stretch = Stretch(is_silent=is_silent, skips=skips)
        # While silence is kept one tap is enough to tell how the time goes.
        sources = list(self._sources.items())[: 1 if is_silent else None]
        try:
            for track, source in sources:
                self._open_tap(stretch, track, source)
        except BaseException:
            self._close_taps(stretch.open)
            for tap_id in stretch.open:
                self._forget(tap_id)
            raise
        self._stretches.append(stretch)
        self._go_on()

    def _open_tap(self, stretch: Stretch, track: str, source: Source) -> None:
        tap_id = self._media.open_tap(source.kind, source.target)
        self._taps[tap_id] = _Tap(track, stretch)
        self._everybody[tap_id] = self
        stretch.open.add(tap_id)

    def _close_taps(self, tap_ids: Set[int] | None = None) -> None:
        for tap_id in self._taps if tap_ids is None else tap_ids:
            tap = self._taps[tap_id]
            if not tap.is_closing:
                tap.is_closing = True
                self._media.close_tap(tap_id)

    def _forget(self, tap_id: int) -> None:
        del self._taps[tap_id]
        self._everybody.pop(tap_id, None)

    # --- sound ------------------------------------------------------------------------------------------

    def take(self, frame: TapFrame) -> None:
        """A frame of one of its taps."""
        tap = self._taps.get(frame.tap_id)
        if tap is None:
            return
        self._heard_at_s = self._clock.mono_s()
        if tap.stretch is not self._stretches[0]:
            tap.stretch.waiting.append(frame)
            return
        self._take(tap, frame)

    def _take(self, tap: _Tap, frame: TapFrame) -> None:
        if frame.pcm:
            self._lay(tap, frame.position, frame.pcm)
        elif frame.last and tap.next is not None and frame.position > tap.next:
            self._lay(tap, frame.position, b"")
        if frame.last:
            self._forget(frame.tap_id)
            tap.stretch.open.discard(frame.tap_id)
            self._go_on()

    def _go_on(self) -> None:
        """Leave the stretches that are over behind, and take what came early for those after them."""
        while (
            self._stretches and not self._stretches[0].open and (len(self._stretches) > 1 or self.is_closing)
        ):
            self._stretches.pop(0)
            if self._stretches:
                waiting, self._stretches[0].waiting = self._stretches[0].waiting, []
                for frame in waiting:
                    self._take(self._taps[frame.tap_id], frame)
        if self.is_closing and not self._taps:
            self.closed.set()

    def _lay(self, tap: _Tap, position: int, pcm: bytes) -> None:
        stretch = tap.stretch
        if stretch.origin is None:
            self._place(stretch, position)
        assert stretch.origin is not None
        if tap.next is not None and position > tap.next:
            lost = {"track": tap.track, "samples": position - tap.next}
            self._writer.note(stretch.start + tap.next - stretch.origin, "lost", lost)
        # What was laid already, or lies before the recording, is not laid again.
        first = max(tap.next if tap.next is not None else stretch.origin, stretch.origin)
        if position < first:
            pcm = pcm[2 * (first - position) :]
            position = first
        tap.next = position + len(pcm) // 2
        at = stretch.start + position - stretch.origin
        if at + len(pcm) // 2 >= self._limits.samples_max:
            pcm = pcm[: 2 * max(0, self._limits.samples_max - at)]
            self._limit_reached(StopReason.MAX_DURATION)
        if pcm and not stretch.is_silent:
            self._writer.append(tap.track, at, pcm)
            if self._limits.quiet_samples is not None:
                self._listen(at, pcm)
        self.samples = max(self.samples, min(at + len(pcm) // 2, self._limits.samples_max))
        if self._limits.quiet_samples is not None and stretch.is_silent:
            self._voiced_at = self.samples  # a pause is nobody's silence

    def _place(self, stretch: Stretch, position: int) -> None:
        """Say where a stretch lies, by the position of its first frame."""
        lead = self._lead
        if lead is None or lead.origin is None:
            stretch.origin = position
        elif stretch.skips:
            stretch.origin, stretch.start = position, self.samples
            self._voiced_at = self.samples
        else:
            stretch.origin, stretch.start = lead.origin, lead.start
        self._lead = stretch

    def _listen(self, at: int, pcm: bytes) -> None:
        quiet_samples = self._limits.quiet_samples
        assert quiet_samples is not None
        for offset in range(0, len(pcm), WINDOW_BYTES):
            if self._has_voice(pcm[offset : offset + WINDOW_BYTES]):
                self._voiced_at = at + offset // 2 + WINDOW_SAMPLES
        if at + len(pcm) // 2 - self._voiced_at >= quiet_samples:
            self._limit_reached(StopReason.SILENCE)

    def _limit_reached(self, reason: StopReason) -> None:
        if not self._is_over:
            self._is_over = True
            self._over(reason)
