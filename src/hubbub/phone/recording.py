"""What a telephone heard: packets put back where they belong in time.

Owns the order of packets and the making of one piece of sound from them. A packet's place follows from its timestamp,
so order of arrival, duplicates and jitter do not matter; what never came is silence. A stream with another source, or
whose timestamps jump away from real time, begins anew at the moment of its first packet. There is no concealment: an
ear that proves something must not invent sound.
"""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import g711
from hubbub.protocol.rtp.packet import RtpPacket, timestamp_distance

RATE_HZ: Final = 8000
KEPT_S_MAX: Final = 3600.0
"""Older sound is dropped: an hour is 29 MB."""
JUMP_S_MAX: Final = 1.0
"""Timestamps and arrivals may drift apart by so much before the stream counts as a new one."""
STILL_ARRIVING_S: Final = 0.2
"""A stream whose sound ended no longer ago than this is taken to go on: the rest is on its way."""


class _Heard(NamedTuple):
    position: int
    """First sample, counted from the beginning of the recording."""
    law: int
    codes: bytes


class Recording:
    """Everything heard since `start_s`, for up to `KEPT_S_MAX`.

    Args:
        start_s: the loop's time at which the recording begins.
    """

    def __init__(self, start_s: float) -> None:
        self._start_s = start_s
        self._heard: deque[_Heard] = deque()
        self._kept_from = 0
        """First sample that has not been dropped for its age."""
        self._ssrc: int | None = None
        self._base_rtp = 0
        self._base_position = 0
        self.packet_count = 0
        """Packets of sound, duplicates among them."""
        self.stream_count = 0
        """How often a stream began."""

    def add(self, packet: RtpPacket, law: int, now_s: float) -> None:
        """Put one packet of sound in its place."""
        arrived = round((now_s - self._start_s) * RATE_HZ)
        position = self._base_position + timestamp_distance(packet.timestamp_rtp, self._base_rtp)
        if packet.ssrc != self._ssrc or abs(position - arrived) > JUMP_S_MAX * RATE_HZ:
            self._ssrc = packet.ssrc
            position = arrived
            self.stream_count += 1
        # The base moves along, so that half the range of timestamps (37 hours) is never exhausted.
        self._base_rtp = packet.timestamp_rtp
        self._base_position = position
        self.packet_count += 1
        self._heard.append(_Heard(position, law, packet.payload))
        oldest = position - round(KEPT_S_MAX * RATE_HZ)
        while self._heard[0].position < oldest:
            self._heard.popleft()
            self._kept_from = self._heard[0].position

    def pcm(self, now_s: float, last_s: float | None = None) -> NDArray[np.int16]:
        """The sound as one piece, up to now.

        Args:
            now_s: the loop's time.
            last_s: only the last so many seconds; None for everything that is kept.

        Returns:
            int16, shape (samples,), 8 kHz. With `last_s` always of that length.
        """
        now = round((now_s - self._start_s) * RATE_HZ)
        end = max((heard.position + len(heard.codes) for heard in self._recent()), default=0)
        if end < now - STILL_ARRIVING_S * RATE_HZ:
            end = now
        start = self._kept_from if last_s is None else end - round(last_s * RATE_HZ)
        pcm = np.zeros(max(0, end - start), np.int16)
        for position, law, codes in self._heard:
            at = position - start
            if at + len(codes) <= 0 or at >= len(pcm):
                continue
            samples = g711.decode_bytes(law, codes[max(0, -at) : len(pcm) - at])
            pcm[max(0, at) : max(0, at) + len(samples)] = samples
        return pcm

    def _recent(self) -> list[_Heard]:
        """The last packets, among which is the one that ends last: reordering spans far less than these."""
        count = min(len(self._heard), 100)
        return [self._heard[-n] for n in range(1, count + 1)]
