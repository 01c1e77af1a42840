"""The effects that a call's document and a room's wait document have in common: ask, sound, wait.

Each answers with the interpreter's input. Cancelling one stops what it began: the request, or the sound.
"""

import asyncio
from typing import Final

from hubbub.domain.errors import ServerFull
from hubbub.markup import effects as fx
from hubbub.markup.instructions import FOREVER, Play, Ring, Say, SendDigits
from hubbub.markup.language import MarkupLanguage
from hubbub.markup.limits import MarkupLimits
from hubbub.services.documents.ask_customer import fetch_document, load_sound, load_speech
from hubbub.services.documents.document_leg import DocumentLeg
from hubbub.services.ports import (
    Clip,
    ClipSource,
    Clock,
    DocumentFetcher,
)

DIGIT_MS: Final = 200
"""What one telephone event and the gap after it take (RFC 4733 §2.5.2.1)."""
DIGIT_WAITS_MS: Final = {"w": 500, "W": 1000}
"""https://www.twilio.com/docs/voice/twiml/play#digits."""


class EffectPerformer:
    """Performs effects for one leg."""

    def __init__(
        self,
        leg: DocumentLeg,
        language: MarkupLanguage,
        *,
        fetcher: DocumentFetcher,
        clips: ClipSource,
        clock: Clock,
        limits: MarkupLimits,
    ) -> None:
        self._leg = leg
        self._limits = limits
        self._language = language
        self._fetcher = fetcher
        self._clips = clips
        self._clock = clock
        self._sounding: dict[int, asyncio.Event] = {}

    def playback_ended(self, playback_id: int) -> None:
        """To be called when the far end has heard a sound to its end."""
        event = self._sounding.get(playback_id)
        if event is not None:
            event.set()

    async def fetch(self, ask: fx.Ask) -> fx.Fetched | fx.FetchFailed:
        request = self._language.request(await self._leg.markup_call(), ask)
        return await fetch_document(self._fetcher, ask, request, self._limits)

    async def speak(self, say: Say) -> fx.PlaybackEnded | fx.PlaybackFailed:
        return await self._heard(await load_speech(self._clips, say), say.loop)

    async def play(self, play: Play) -> fx.PlaybackEnded | fx.PlaybackFailed:
        return await self._heard(await load_sound(self._clips, play), play.loop)

    async def wait(self, duration_ms: int) -> fx.PauseElapsed:
        await self._clock.sleep(duration_ms / 1000)
        return fx.PauseElapsed(duration_ms)

    async def ring(self, ring: Ring) -> fx.PauseElapsed:
        if not ring.answer:
            self._leg.ring()
            return await self.wait(ring.duration_ms)
        tone = asyncio.ensure_future(self.sound(self._clips.stock("ringback"), FOREVER))
        try:
            return await self.wait(ring.duration_ms)
        finally:
            await _cancelled(tone)

    async def dial(self, send: SendDigits) -> fx.PauseElapsed:
        elapsed_ms = 0
        batch = ""
        for digit in send.digits:
            wait_ms = DIGIT_WAITS_MS.get(digit)
            if wait_ms is None:
                batch += digit
                if send.every_ms is None:
                    continue
            elapsed_ms += await self._send(batch, send.every_ms)
            batch = ""
            if wait_ms is not None:
                elapsed_ms += wait_ms
                await self._clock.sleep(wait_ms / 1000)
        elapsed_ms += await self._send(batch, send.every_ms)
        return fx.PauseElapsed(elapsed_ms)

    async def _send(self, digits: str, every_ms: int | None) -> int:
        if not digits:
            return 0
        self._leg.send_digits(digits)
        duration_ms = len(digits) * max(DIGIT_MS, every_ms or 0)
        await self._clock.sleep(duration_ms / 1000)
        return duration_ms

    async def _heard(self, clip: Clip | fx.PlaybackFailed, loop: int) -> fx.PlaybackEnded | fx.PlaybackFailed:
        if isinstance(clip, fx.PlaybackFailed):
            return clip
        try:
            return fx.PlaybackEnded(await self.sound(clip, loop))
        except ServerFull as error:
            return fx.PlaybackFailed("server-full", str(error))

    async def sound(self, clip: Clip, loop: int = 1) -> int:
        """Let the far end hear `clip`, `loop` times or for ever; the milliseconds heard.

        Raises:
            ServerFull: the media plane has no memory left for sound.
        """
        if clip.duration_ms == 0:
            return 0
        if loop == FOREVER:
            return await self._once(clip, loop=True)
        heard_ms = 0
        for _ in range(loop):
            heard_ms += await self._once(clip, loop=False)
        return heard_ms

    async def _once(self, clip: Clip, *, loop: bool) -> int:
        playback_id = self._leg.play(clip, loop=loop)
        ended = self._sounding[playback_id] = asyncio.Event()
        try:
            await ended.wait()
        finally:
            del self._sounding[playback_id]
            if not ended.is_set():
                self._leg.stop_playing(playback_id)
        return clip.duration_ms


async def _cancelled(task: "asyncio.Future[int]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
