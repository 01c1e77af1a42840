"""One call from beginning to end, as `hubbub call` makes it: dial, speak, press keys, listen, hang up, report.

Owns the order of the steps and the report; leaves reading and writing files to the command.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from random import SystemRandom
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubbub.audio.tones import FLOOR_DBFS, level_dbfs
from hubbub.phone.phone import CallFailed, CallOver, Phone, PhoneSettings
from hubbub.phone.sounds import Sound
from hubbub.protocol.rtp.telephone_event import event_of
from hubbub.protocol.sip.identifiers import RandomSource

PRESS_AFTER_S: Final = 1.0
"""Keys are pressed so long after the answer: a far end that has just answered may not listen yet."""

ANSWERED: Final = 0
NOT_ANSWERED: Final = 1
"""Exit statuses, as a shell wants them."""


@dataclass(frozen=True, slots=True)
class CallScript:
    """What a scripted caller does."""

    target: str
    """A SIP URI, or a name if the telephone has a home."""
    seconds: float | None = 20.0
    """Hang up so long after the answer; None: stay until the far end hangs up."""
    play: Sound | None = None
    """Said from the answer on; None: silence."""
    digits: str = ""
    """Pressed a second after the answer."""
    digits_by_info: bool = False
    """Send the digits by SIP INFO and not as telephone events."""
    ring_s: float = 60.0
    """Give up when nobody answers for so long."""


@dataclass(frozen=True, slots=True)
class CallReport:
    """What came of it."""

    is_answered: bool
    cause: str
    """Why the call ended."""
    status: int | None
    """The SIP status that refused it, where there was one."""
    seconds: float
    """From the answer to the end."""
    packets_sent: int
    packets_received: int
    packets_dropped: int
    heard_dbfs: float
    """The level of all that was heard, silences included; a full-scale sine is 0."""
    heard_seconds: float
    """How much sound came, silence not counted."""
    digits_heard: str
    heard: NDArray[np.int16]
    """int16, 8 kHz, from the answer on."""

    @property
    def exit_status(self) -> int:
        return ANSWERED if self.is_answered else NOT_ANSWERED

    def summary(self) -> str:
        """One line for people."""
        if not self.is_answered:
            with_status = f" ({self.status})" if self.status is not None else ""
            return f"not answered: {self.cause}{with_status}"
        digits = f", digits {self.digits_heard}" if self.digits_heard else ""
        return (
            f"answered, {self.seconds:.1f} s, {self.packets_sent} packets sent, {self.packets_received} received"
            f"{f', {self.packets_dropped} dropped' if self.packets_dropped else ''}, heard {self.heard_seconds:.1f} s"
            f" of sound at {self.heard_dbfs:.1f} dBFS{digits}; ended by {self.cause}"
        )


async def run_call(
    script: CallScript,
    *,
    host: str,
    port: int = 0,
    settings: PhoneSettings | None = None,
    random: RandomSource | None = None,
) -> CallReport:
    """Make the call.

    Args:
        script: what to do.
        host: address of this machine to call from; see `local_host`.
        port: SIP port to call from; 0 for a free one.
        settings: the telephone; None for an ordinary one.
        random: None for the system's.

    Raises:
        ValueError: the target is no address, a key does not exist, or the far end takes no telephone events.
        OSError: a port cannot be bound, or a host is not known.
    """
    for digit in script.digits:
        event_of(digit)
    loop = asyncio.get_running_loop()
    phone = await Phone.open(settings or PhoneSettings(), random or SystemRandom(), host, port)
    try:
        phone.says(script.play)
        try:
            await phone.dials(script.target, ring_s=script.ring_s)
        except CallFailed as failed:
            return _report(phone, failed.over.cause, failed.status, None, loop.time())
        answered_s = loop.time()
        ending = asyncio.ensure_future(phone.ends())
        try:
            await asyncio.wait_for(_act(phone, script, ending), script.seconds)
        except TimeoutError:
            phone.hangs_up()
        ended_s = loop.time()
        over = await ending
        by = "the far end" if over.by_far_end else "us"
        return _report(phone, f"{over.cause} by {by}", None, answered_s, ended_s)
    finally:
        await phone.close()


async def local_host(target_host: str, port: int = 5060) -> str:
    """The address of this machine from which `target_host` is reached.

    Raises:
        OSError: the host is not known or not reachable.
    """
    loop = asyncio.get_running_loop()
    # Connecting a datagram socket sends nothing; the system chooses the way and with it our address.
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=(target_host, port)
    )
    try:
        host: str = transport.get_extra_info("sockname")[0]
        return host
    finally:
        transport.close()


async def _act(phone: Phone, script: CallScript, ending: asyncio.Future[CallOver]) -> None:
    """Press the keys, then wait for the far end to hang up."""
    if script.digits:
        done, _ = await asyncio.wait({ending}, timeout=PRESS_AFTER_S)
        if not done:
            phone.presses(script.digits, by_info=script.digits_by_info)
    await asyncio.shield(ending)


def _report(
    phone: Phone, cause: str, status: int | None, answered_s: float | None, ended_s: float
) -> CallReport:
    seconds = 0.0 if answered_s is None else ended_s - answered_s
    heard = phone.heard_pcm(seconds) if answered_s is not None else np.zeros(0, np.int16)
    counters = phone.counters
    frames = heard[: len(heard) // 160 * 160].reshape(-1, 160)
    return CallReport(
        is_answered=answered_s is not None,
        cause=str(cause),
        status=status,
        seconds=seconds,
        packets_sent=counters.sent,
        packets_received=counters.received,
        packets_dropped=counters.dropped,
        heard_dbfs=level_dbfs(float((heard.astype(np.float64) ** 2).mean())) if len(heard) else FLOOR_DBFS,
        heard_seconds=0.02 * int((np.abs(frames.astype(np.int32)).max(axis=1, initial=0) > 16).sum()),
        digits_heard=phone.digits_heard,
        heard=heard,
    )
