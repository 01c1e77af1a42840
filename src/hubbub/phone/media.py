"""The telephone's RTP: a packet every 20 ms, and whatever comes back.

Owns the RTP port, the pace of sending, key presses in both directions (RFC 4733) and the recording. Leaves what was
agreed to `phone`, and sounds to `sounds`.

A tick is set from the time the stream began, not from the tick before it, so the pace does not drift. When the loop
wakes late by more than `LATE_S_MAX`, packets are left out rather than sent in a burst.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final, NamedTuple, Protocol

from hubbub.phone.recording import Recording
from hubbub.phone.sounds import LAWS, SILENCE, Playing, Sound
from hubbub.protocol.rtp.errors import RtpParseError
from hubbub.protocol.rtp.packet import RtpPacket, is_rtcp
from hubbub.protocol.rtp.telephone_event import PressPacket, TelephoneEvent, event_of, press

LATE_S_MAX: Final = 0.1
CLOCK_HZ: Final = 8000
PRESS_MS: Final = 100
"""How long a key is held down; RFC 4733 §2.5.2.3 asks for 40 at least."""
GAP_MS: Final = 60
"""Between two keys."""
DATAGRAM_BYTES_MAX: Final = 1500
REMEMBERED_PRESSES_MAX: Final = 1000


class MediaRandom(Protocol):
    """The part of `random.Random` that is used."""

    def getrandbits(self, k: int, /) -> int: ...


class Agreed(NamedTuple):
    """What the two ends agreed on: the outcome of an offer and its answer."""

    host: str
    port: int
    codec: str
    """`PCMU` or `PCMA`."""
    payload_type: int
    receive_payload_type: int
    telephone_event: int | None
    """Payload type of digits that we send; None when the far end takes none."""
    receive_telephone_event: int | None
    ptime_ms: int
    may_send: bool


class MediaCounters(NamedTuple):
    sent: int
    received: int
    """Packets of sound."""
    dropped: int
    """Packets that were no RTP, from strangers, or of a payload type that was not agreed."""
    skipped: int
    """Packets not sent because the loop woke too late."""


class PhoneMedia(asyncio.DatagramProtocol):
    """One RTP stream each way, on one port, for one call."""

    def __init__(self, random: MediaRandom) -> None:
        self._loop = asyncio.get_running_loop()
        self._random = random
        self._transport: asyncio.DatagramTransport | None = None
        self._agreed: Agreed | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._start_s = 0.0
        self._tick_count = 0
        self._ssrc = random.getrandbits(32)
        self._sequence = random.getrandbits(16)
        self._timestamp_rtp = random.getrandbits(32)
        self._playing: Playing | None = None
        self._sound: Sound | None = None
        self._said: asyncio.Future[None] | None = None
        self._keys: deque[tuple[PressPacket, ...] | None] = deque()
        """Presses to come, and None for a packet of sound between them."""
        self._press: deque[PressPacket] = deque()
        self._press_start_rtp = 0
        self._seen_presses: dict[tuple[int, int], None] = {}
        self._sent = self._received = self._dropped = self._skipped = 0
        self.digits_heard = ""
        """Keys that the far end pressed."""
        self.recording = Recording(self._loop.time())

    async def open(self, host: str) -> tuple[str, int]:
        """Bind an even port at `host`; the address to put into SDP (RFC 3550 §11)."""
        for _ in range(20):
            transport, _protocol = await self._loop.create_datagram_endpoint(
                lambda: self, local_addr=(host, 0)
            )
            bound: tuple[str, int] = transport.get_extra_info("sockname")[:2]
            if bound[1] % 2 == 0:
                self._transport = transport
                return bound
            transport.close()
        raise OSError("no even port is free for RTP")

    def start(self, agreed: Agreed) -> None:
        """Send from now on as agreed; called again when that changes."""
        law_changed = self._agreed is None or self._agreed.codec != agreed.codec
        self._agreed = agreed
        if law_changed and self._sound is not None:
            self._playing = Playing(self._sound, LAWS[agreed.codec])
        if self._timer is None:
            self._start_s = self._loop.time()
            self._tick_count = 0
            self._tick()

    def say(self, sound: Sound | None) -> asyncio.Future[None]:
        """Say this from now on, instead of what is being said; None for silence.

        Returns:
            Done when the sound is over: never for one that repeats, until something else is said or the call ends.
        """
        self._finish_saying()
        said = self._said = self._loop.create_future()
        self._sound = sound
        if sound is None:
            self._playing = None
        elif self._agreed is not None:
            self._playing = Playing(sound, LAWS[self._agreed.codec])
        return said

    def press(self, digits: str, duration_ms: int = PRESS_MS) -> None:
        """Queue key presses.

        Raises:
            ValueError: no such key, or the far end takes no telephone events.
        """
        if self._agreed is not None and self._agreed.telephone_event is None:
            raise ValueError("the far end takes no telephone events (RFC 4733)")
        for digit in digits:
            event_of(digit)
        for digit in digits:
            self._keys.append(press(digit, duration_ms))
            self._keys.extend([None] * (GAP_MS // 20))

    @property
    def is_pressing(self) -> bool:
        """Whether keys are still to be pressed."""
        return bool(self._keys or self._press)

    @property
    def counters(self) -> MediaCounters:
        return MediaCounters(self._sent, self._received, self._dropped, self._skipped)

    def close(self) -> None:
        """Stop sending and free the port. What was heard stays."""
        self._finish_saying()
        self._sound = self._playing = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    # --- sending ----------------------------------------------------------------------------------------

    def _tick(self) -> None:
        agreed = self._agreed
        assert agreed is not None
        period_s = agreed.ptime_ms / 1000
        late_s = self._loop.time() - self._start_s - self._tick_count * period_s
        samples = agreed.ptime_ms * CLOCK_HZ // 1000
        if late_s > LATE_S_MAX:
            missed = int(late_s / period_s)
            self._skipped += missed
            self._tick_count += missed
            self._timestamp_rtp = (self._timestamp_rtp + missed * samples) % (1 << 32)
        if agreed.may_send:
            self._send_one(agreed, samples)
        self._timestamp_rtp = (self._timestamp_rtp + samples) % (1 << 32)
        self._tick_count += 1
        self._timer = self._loop.call_at(self._start_s + self._tick_count * period_s, self._tick)

    def _send_one(self, agreed: Agreed, samples: int) -> None:
        if not self._press and self._keys:
            keys = self._keys.popleft()
            if keys is not None and agreed.telephone_event is not None:
                self._press.extend(keys)
                self._press_start_rtp = self._timestamp_rtp
        codes = self._codes(agreed, samples)
        if self._press and agreed.telephone_event is not None:
            # A pressed key silences the voice: it goes in place of the sound, which goes on beneath it.
            packet = self._press.popleft()
            payload = packet.payload.build()
            self._send(agreed, agreed.telephone_event, self._press_start_rtp, payload, marker=packet.marker)
        else:
            self._send(agreed, agreed.payload_type, self._timestamp_rtp, codes, marker=self._sent == 0)

    def _codes(self, agreed: Agreed, samples: int) -> bytes:
        if self._playing is None:
            self._playing = Playing(SILENCE, LAWS[agreed.codec])
        codes = self._playing.take(samples)
        if self._playing.is_over and self._sound is not None:
            self._sound = None
            self._finish_saying()
        return codes

    def _send(
        self, agreed: Agreed, payload_type: int, timestamp_rtp: int, payload: bytes, *, marker: bool
    ) -> None:
        if self._transport is None:
            return
        packet = RtpPacket(payload_type, self._sequence, timestamp_rtp, self._ssrc, payload, marker)
        self._transport.sendto(packet.build(), (agreed.host, agreed.port))
        self._sequence = (self._sequence + 1) % (1 << 16)
        self._sent += 1

    def _finish_saying(self) -> None:
        if self._said is not None and not self._said.done():
            self._said.set_result(None)
        self._said = None

    # --- receiving --------------------------------------------------------------------------------------

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """One datagram. Before an answer nothing is known of the far end, so nothing is taken."""
        agreed = self._agreed
        if agreed is None or len(data) > DATAGRAM_BYTES_MAX or addr[0] != agreed.host:
            self._dropped += 1
            return
        if is_rtcp(data):
            return
        try:
            packet = RtpPacket.parse(data)
            if packet.payload_type == agreed.receive_payload_type:
                self._received += 1
                self.recording.add(packet, LAWS[agreed.codec], self._loop.time())
            elif packet.payload_type == agreed.receive_telephone_event:
                self._hear_key(packet)
            else:
                self._dropped += 1
        except RtpParseError:
            self._dropped += 1

    def error_received(self, exc: Exception) -> None:
        """An ICMP error. The far end may not listen yet; the call ends by SIP, not by this."""

    def _hear_key(self, packet: RtpPacket) -> None:
        digit = TelephoneEvent.parse(packet.payload).digit
        # All packets of one press have one timestamp (RFC 4733 §2.5.1.2).
        key = (packet.ssrc, packet.timestamp_rtp)
        if digit is None or key in self._seen_presses:
            return
        self._seen_presses[key] = None
        if len(self._seen_presses) > REMEMBERED_PRESSES_MAX:
            self._seen_presses.pop(next(iter(self._seen_presses)))
        self.digits_heard += digit
