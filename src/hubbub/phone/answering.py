"""What a telephone does when it is called: refuse, redirect, ring, be heard early, answer.

Owns the order of these and the settings that choose among them. Leaves the state of the call to the telephone.
"""

import asyncio
from typing import Protocol

from hubbub.phone.line import Line
from hubbub.phone.media import Agreed, PhoneMedia
from hubbub.phone.settings import PhoneSettings
from hubbub.phone.sounds import tone
from hubbub.protocol.sdp.errors import SdpError
from hubbub.protocol.sip.inbound_call import InboundCall


class CalledPhone(Protocol):
    """The telephone, as far as being called goes."""

    @property
    def is_free(self) -> bool: ...

    def takes(self, call: InboundCall) -> None:
        """It is this telephone's call from now on, and not answered yet."""

    def has(self, call: InboundCall) -> bool:
        """Whether it still is."""

    async def opens_media(self) -> PhoneMedia:
        """An RTP port, described. Raises OSError."""

    def offers(self) -> bytes:
        """Our offer, for a call that came without one."""

    def answers(self, offer: bytes) -> tuple[bytes, Agreed]:
        """Our answer. Raises SdpError."""

    def talks(self) -> None:
        """The call is on."""


class Answering:
    """Of one telephone on its line."""

    def __init__(self, settings: PhoneSettings, line: Line, phone: CalledPhone) -> None:
        self._settings = settings
        self._line = line
        self._phone = phone
        self._tasks: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    def hear(self, call: InboundCall) -> None:
        """A call has come."""
        settings = self._settings
        if settings.redirects_to:
            contacts = [("Contact", f"<{uri}>") for uri in settings.redirects_to]
            self._line.do(lambda now: call.reject(302, now, fields=contacts))
            return
        status = settings.refuses_with
        if status is None and (not settings.answers or not self._phone.is_free):
            status = 486
        if status is not None:
            self._refuse(call, status)
            return
        self._phone.takes(call)
        task = asyncio.get_running_loop().create_task(self._answer(call), name=f"{settings.user} answers")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, call: InboundCall) -> None:
        settings = self._settings
        media: PhoneMedia | None = None
        sdp: bytes | None = None
        agreed: Agreed | None = None
        if settings.early_hz is None or not call.has_offer:
            self._line.do(call.ring)
        else:
            media = await self._open_media(call)
            if media is None:
                return
            sdp, agreed = self._answered_offer(call)
            if sdp is None or agreed is None:
                return
            early = sdp
            self._line.do(lambda now: call.ring(now, early, 183))
            media.start(agreed)
            media.say(tone(settings.early_hz))
        if settings.only_rings:
            return
        if settings.answers_after_s:
            await asyncio.sleep(settings.answers_after_s)
        if not self._phone.has(call):
            return
        if media is None:
            media = await self._open_media(call)
            if media is None:
                return
            sdp, agreed = self._answered_offer(call)
        if sdp is None:
            return
        final = sdp
        self._line.do(lambda now: call.answer(final, now))
        if agreed is not None:
            media.start(agreed)
            self._phone.talks()

    async def _open_media(self, call: InboundCall) -> PhoneMedia | None:
        """An RTP port for a call that rings; None when there is none, or the caller has given up meanwhile."""
        try:
            media = await self._phone.opens_media()
        except OSError:
            self._refuse(call, 500)
            return None
        if not self._phone.has(call):
            media.close()
            return None
        return media

    def _answered_offer(self, call: InboundCall) -> tuple[bytes | None, Agreed | None]:
        """Our answer to the call's offer, or an offer where it has none; None for a call that is refused by it."""
        if not call.has_offer:
            return self._phone.offers(), None
        try:
            return self._phone.answers(call.request.body)
        except SdpError:
            self._refuse(call, 488)
            return None, None

    def _refuse(self, call: InboundCall, status: int) -> None:
        self._line.do(lambda now: call.reject(status, now))
