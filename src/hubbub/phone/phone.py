"""The telephone itself: one call at a time, made or taken.

Owns the state of the call as its user sees it. Leaves SIP to `line`, SDP to `description`, RTP to `media`, and what to do
when called to `answering`. Its verbs are in the third person, because scripts and tests tell a story:
`await alice.dials("sip:…")`, `alice.says(…)`, `alice.presses("5#")`, `alice.hangs_up()`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubbub.audio import ears
from hubbub.phone.addresses import Addresses
from hubbub.phone.answering import Answering
from hubbub.phone.description import Description
from hubbub.phone.line import Line
from hubbub.phone.media import PRESS_MS, Agreed, MediaCounters, PhoneMedia
from hubbub.phone.outcome import CallFailed, CallOver, PhoneState, RegistrationFailed
from hubbub.phone.recording import Recording
from hubbub.phone.settings import PhoneSettings
from hubbub.phone.sounds import Sound, tone
from hubbub.protocol.sdp.capabilities import PCMA, PCMU, AudioCapabilities
from hubbub.protocol.sdp.errors import SdpError
from hubbub.protocol.sdp.session import Direction
from hubbub.protocol.sip.address import NameAddr
from hubbub.protocol.sip.call import Call
from hubbub.protocol.sip.events import (
    CallAnswered,
    CallConfirmed,
    CallEnded,
    CallProgress,
    Digit,
    IncomingCall,
    MediaAnswer,
    MediaOffer,
    UserAgentEvent,
)
from hubbub.protocol.sip.identifiers import RandomSource
from hubbub.protocol.sip.inbound_call import InboundCall
from hubbub.protocol.sip.message import SipRequest
from hubbub.protocol.sip.register_client import RegisterClient, RegisterOutcome
from hubbub.protocol.sip.uri import escape_user

__all__ = ["CODECS", "CallFailed", "CallOver", "Phone", "PhoneSettings", "PhoneState", "RegistrationFailed"]

CODECS: Final = {"PCMU": PCMU, "PCMA": PCMA}
INFO_GAP_S: Final = 0.2
"""Between two digits sent by INFO, so that they cannot overtake one another."""


class Phone:
    """A telephone. Made by `Phone.open`, closed by `close`.

    Args:
        settings: what it is.
        random: where its identifiers come from: `random.SystemRandom()`, or a seeded one in the lab.
    """

    def __init__(self, settings: PhoneSettings, random: RandomSource) -> None:
        self.settings = settings
        self._random = random
        self._loop = asyncio.get_running_loop()
        self._line = Line(escape_user(settings.user), random, self._on_event)
        self._addresses = Addresses(settings, self._line)
        self._answering = Answering(settings, self._line, self)
        self._capabilities = AudioCapabilities(
            codecs=tuple(CODECS[name] for name in settings.codecs),
            telephone_event_payload_type=101 if settings.telephone_events else None,
            default_ptime_ms=settings.ptime_ms,
        )
        self._call: Call | None = None
        self._media: PhoneMedia | None = None
        self._description: Description | None = None
        self._answered: asyncio.Future[None] | None = None
        self._ended: asyncio.Future[CallOver] | None = None
        self._recording: Recording | None = None
        self._sound: Sound | None = None
        self._last_counters = MediaCounters(0, 0, 0, 0)
        self._digits_heard = ""
        self.state = PhoneState.IDLE
        self.has_rung = False
        """Whether the far end said that it rings."""
        self.hears_early = False
        """Whether the far end was to be heard before it answered."""
        self.invites: list[SipRequest] = []
        """Every INVITE that came, the last one at the end."""
        self._registration: RegisterClient | None = None
        self.over: CallOver | None = None
        """How the last call ended; None while one is on."""
        self.talking_since_s: float | None = None
        """Loop time of the last answer."""

    @classmethod
    async def open(cls, settings: PhoneSettings, random: RandomSource, host: str, port: int = 0) -> Phone:
        """A telephone at an address of this machine. Raises OSError when it cannot be bound."""
        phone = cls(settings, random)
        await phone._line.open(host, port)
        return phone

    @property
    def uri(self) -> str:
        """Where it can be called."""
        return self._addresses.contact

    async def close(self, timeout_s: float = 2.0) -> None:
        """Hang up, wait a little for the far end to agree, and free the ports."""
        self.hangs_up()
        self._answering.close()
        await self._line.wait_until_idle(timeout_s)
        self._line.close()
        if self._media is not None:
            # A far end that died has not agreed.
            self._media.close()
            self._media = None

    # --- calling ----------------------------------------------------------------------------------------

    async def dials(
        self, target: str, *, headers: Mapping[str, str] | None = None, ring_s: float = 180.0
    ) -> None:
        """Call somebody and wait for the answer.

        Args:
            target: a SIP URI, or a name to be dialled at `settings.home`.
            headers: further headers of the INVITE.
            ring_s: give up after so long.

        Raises:
            CallFailed: nobody answered, or the answer cannot be understood.
            SipParseError, SipBuildError: the target is no address, or a header cannot be sent.
            OSError: its host is not known, or no RTP port is free.
            RuntimeError: this telephone is in use.
        """
        if self.state is not PhoneState.IDLE:
            raise RuntimeError(f"{self.settings.user}'s telephone is in use")
        uri = self._addresses.target(target)
        self._begin()
        ended = self._ended
        answered = self._answered = self._loop.create_future()
        assert ended is not None
        try:
            next_hop = await self._addresses.next_hop(uri)
            await self.opens_media()
            offer = self.offers()
            self._call = self._line.do(
                lambda now: self._line.agent.invite(
                    uri,
                    self._addresses.caller,
                    NameAddr(None, uri),
                    now,
                    sdp=offer,
                    headers=list((headers or {}).items()),
                    credentials=self._addresses.credentials,
                    next_hop=next_hop,
                )
            )
        except BaseException:
            self._finish(None)
            raise
        try:
            await asyncio.wait({answered, ended}, timeout=ring_s, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            self.hangs_up()
            raise
        if not answered.done():
            if not ended.done():
                self.hangs_up()
            raise CallFailed(await ended)

    def hangs_up(self) -> None:
        """End the call, in whatever way its state wants. Nothing happens without one."""
        call = self._call
        if call is not None:
            self._line.do(call.hang_up)

    async def ends(self) -> CallOver:
        """Wait until the call is over."""
        if self._ended is None:
            raise RuntimeError(f"{self.settings.user} has made no call")
        return await asyncio.shield(self._ended)

    async def is_answered(self) -> None:
        """Wait until a call made to this telephone is on."""
        while self.state is not PhoneState.TALKING:
            if self._answered is None or self._answered.done():
                self._answered = self._loop.create_future()
            await asyncio.shield(self._answered)

    def holds(self) -> None:
        """Put the far end on hold (RFC 3264 §8.4): we send, it is not to."""
        self._reoffer("sendonly")

    def resumes(self) -> None:
        """Take the far end off hold."""
        self._reoffer("sendrecv")

    # --- registering ------------------------------------------------------------------------------------

    async def registers(self, *, expires_s: int = 3600) -> int:
        """Tell the home server where this telephone is (RFC 3261 §10); it is not told again by itself.

        Args:
            expires_s: for how long; 0: it is not here any more.

        Returns:
            For how many seconds the server believes it.

        Raises:
            RegistrationFailed: it was refused, or nobody answered.
            RuntimeError: the telephone has no home.
        """
        client = await self._registrar()
        outcome: asyncio.Future[RegisterOutcome] = self._loop.create_future()
        self._line.do(lambda now: client.register(expires_s, outcome.set_result, now))
        answer = await outcome
        if answer.status >= 300:
            raise RegistrationFailed(answer.status)
        return answer.expires_s

    async def _registrar(self) -> RegisterClient:
        if self._registration is None:
            registrar, address = self._addresses.home()
            next_hop = await self._addresses.next_hop(registrar)
            self._registration = self._line.agent.registration(
                registrar, address, next_hop=next_hop, credentials=self._addresses.credentials
            )
        return self._registration

    # --- speaking ---------------------------------------------------------------------------------------

    def says(self, sound: Sound | int | None) -> asyncio.Future[None]:
        """Say something from now on: a `Sound`, a tone of so many hertz, or None for silence.

        It may be given before the call is on. Returns what is done when the sound is over.
        """
        self._sound = tone(sound) if isinstance(sound, int) else sound
        if self._media is not None:
            return self._media.say(self._sound)
        done: asyncio.Future[None] = self._loop.create_future()
        done.set_result(None)
        return done

    def presses(self, digits: str, *, by_info: bool = False, duration_ms: int = PRESS_MS) -> None:
        """Press keys: as telephone events (RFC 4733), or by SIP INFO.

        Raises:
            ValueError: no such key, or the far end takes no telephone events.
            RuntimeError: no call is on.
        """
        if self._media is None or self._call is None:
            raise RuntimeError(f"{self.settings.user} is not in a call")
        if not by_info:
            self._media.press(digits, duration_ms)
            return
        for number, digit in enumerate(digits):
            self._loop.call_later(number * INFO_GAP_S, self._send_info, self._call, digit, duration_ms)

    # --- listening --------------------------------------------------------------------------------------

    def heard_pcm(self, last_s: float | None = None) -> NDArray[np.int16]:
        """What was heard in this call or the last: int16, 8 kHz; with `last_s`, exactly the last so many seconds."""
        if self._recording is None:
            return np.zeros(0 if last_s is None else round(last_s * 8000), np.int16)
        return self._recording.pcm(self._loop.time(), last_s)

    def listens(self, frequencies_hz: Iterable[float], last_s: float = 1.0) -> ears.Heard:
        """Which tones were heard in the last so many seconds, how loud, and what else."""
        return ears.hear(self.heard_pcm(last_s), frequencies_hz)

    @property
    def digits_heard(self) -> str:
        """Keys that the far end pressed in this call or the last."""
        return self._digits_heard + (self._media.digits_heard if self._media is not None else "")

    @property
    def counters(self) -> MediaCounters:
        """RTP packets of this call or the last."""
        return self._media.counters if self._media is not None else self._last_counters

    # --- events -----------------------------------------------------------------------------------------

    def _on_event(self, event: UserAgentEvent) -> None:
        if isinstance(event, IncomingCall):
            assert isinstance(event.call, InboundCall)
            self.invites.append(event.call.request)
            self._answering.hear(event.call)
        elif event.call is not self._call and not (self._call is None and self.state is PhoneState.CALLING):
            return
        elif isinstance(event, CallProgress):
            self.has_rung = True
            if event.sdp is not None:
                self._hear_early(event.sdp)
        elif isinstance(event, CallAnswered):
            self._on_answered(event.call, event.sdp)
        elif isinstance(event, CallConfirmed):
            self._on_confirmed(event.sdp)
        elif isinstance(event, MediaOffer):
            self._on_offer(event.call, event.sdp)
        elif isinstance(event, MediaAnswer):
            self._accept(event.sdp)
        elif isinstance(event, Digit):
            self._digits_heard += event.digit
        elif isinstance(event, CallEnded):
            self._finish(CallOver(event.cause, event.status, event.by == "remote", event.reason))

    def _on_answered(self, call: Call, sdp: bytes | None) -> None:
        self._call = call
        # An answer that came reliably before is not given again (RFC 6337 §3.1.1).
        if not (self.hears_early if sdp is None else self._accept(sdp)):
            self._line.do(call.hang_up)
            return
        self.talks()

    def _hear_early(self, sdp: bytes) -> None:
        """The far end may be heard before it answers (RFC 3261 §13.3.1.1). What cannot be understood waits for the answer."""
        if self._accept(sdp) and self._media is not None:
            self.hears_early = True
            self._recording = self._media.recording

    def _on_confirmed(self, sdp: bytes | None) -> None:
        """The ACK came; it brings the answer when our 200 made the offer."""
        if self.state is PhoneState.TALKING:
            return
        if sdp is None or not self._accept(sdp):
            self.hangs_up()
            return
        self.talks()

    def _on_offer(self, call: Call, offer: bytes | None) -> None:
        media, description = self._media, self._description
        if media is None or description is None:
            self._line.do(lambda now: call.refuse_offer(488, now))
            return
        if offer is None:
            ours = description.offer()
            self._line.do(lambda now: call.answer_offer(ours, now))
            return
        try:
            answer, agreed = description.answer(offer)
        except SdpError:
            self._line.do(lambda now: call.refuse_offer(488, now))
            return
        self._line.do(lambda now: call.answer_offer(answer, now))
        media.start(agreed)

    def _accept(self, answer: bytes) -> bool:
        """Take the answer to our offer; False when it cannot be understood."""
        assert self._media is not None
        assert self._description is not None
        try:
            self._media.start(self._description.accept(answer))
        except SdpError:
            return False
        return True

    # --- being called (see `answering`) -----------------------------------------------------------------

    @property
    def is_free(self) -> bool:
        return self.state is PhoneState.IDLE

    def takes(self, call: InboundCall) -> None:
        self._begin()
        self._call = call

    def has(self, call: InboundCall) -> bool:
        return self._call is call

    async def opens_media(self) -> PhoneMedia:
        """An RTP port for the call that begins, and its description. Raises OSError."""
        media = self._media = PhoneMedia(self._random)
        host, port = await media.open(self._line.host)
        self._description = Description(host, port, self._capabilities, self._random.getrandbits(31))
        return media

    def offers(self) -> bytes:
        assert self._description is not None
        return self._description.offer()

    def answers(self, offer: bytes) -> tuple[bytes, Agreed]:
        assert self._description is not None
        return self._description.answer(offer)

    def talks(self) -> None:
        """The call is on: what was to be said is said."""
        assert self._media is not None
        self.state = PhoneState.TALKING
        self.talking_since_s = self._loop.time()
        self._recording = self._media.recording
        if self._sound is not None or self.settings.early_hz is not None:
            self._media.say(self._sound)
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(None)

    # --- one call's beginning and end -------------------------------------------------------------------

    def _begin(self) -> None:
        self.state = PhoneState.CALLING
        self.over = None
        self.has_rung = False
        self.hears_early = False
        self.talking_since_s = None
        self._call = None
        self._description = None
        self._digits_heard = ""
        self._ended = self._loop.create_future()

    def _finish(self, over: CallOver | None) -> None:
        """Leave the call, or the attempt at one (`over` is None)."""
        self._digits_heard = self.digits_heard
        self._last_counters = self.counters
        if self._media is not None:
            self._media.close()
            self._media = None
        self._call = None
        self._description = None
        self.over = over
        self.state = PhoneState.IDLE
        if self._ended is not None and not self._ended.done():
            if over is None:
                self._ended.cancel()
            else:
                self._ended.set_result(over)

    def _reoffer(self, direction: Direction) -> None:
        call, description = self._call, self._description
        if call is None or description is None or self.state is not PhoneState.TALKING:
            raise RuntimeError(f"{self.settings.user} is not in a call")
        offer = description.offer(direction)
        self._line.do(lambda now: call.reoffer(offer, now))

    def _send_info(self, call: Call, digit: str, duration_ms: int) -> None:
        self._line.do(lambda now: call.send_info_digit(digit, duration_ms, now))
