"""A message is taken from a caller: a tone, then what is said, until a key, silence, or enough of it.

Owns the order of these. When there is silence is the recording's own knowledge.
"""

import asyncio
import contextlib

from hubbub.domain.errors import Refusal, ServerFull
from hubbub.domain.recording import RecordingState
from hubbub.markup import effects as fx
from hubbub.markup.instructions import Record
from hubbub.markup.language import MarkupLanguage
from hubbub.services.documents.document_leg import DocumentLeg
from hubbub.services.documents.gather_digits import Keys
from hubbub.services.documents.perform_effects import EffectPerformer
from hubbub.services.ports import ClipSource, Clock


class TakeMessage:
    """Takes messages for one leg."""

    def __init__(
        self,
        leg: DocumentLeg,
        language: MarkupLanguage,
        performer: EffectPerformer,
        clips: ClipSource,
        clock: Clock,
    ) -> None:
        self._leg = leg
        self._language = language
        self._performer = performer
        self._clips = clips
        self._clock = clock

    async def __call__(self, record: Record, keys: Keys, release: asyncio.Event) -> fx.MessageTaken:
        """What became of the message.

        Args:
            release: set when the caller has gone.
        """
        start_s = self._clock.mono_s()
        if record.beep:
            await self._beep(release)
        if release.is_set():
            return fx.MessageTaken(is_empty=True, elapsed_ms=self._since_ms(start_s))
        try:
            recording = await self._leg.start_recording(record.wish)
        except Refusal as refusal:
            await self._leg.note(self._language.recording_refused_code, str(refusal), None)
            return fx.MessageTaken(is_empty=True, elapsed_ms=self._since_ms(start_s))
        key = ""
        finishing = asyncio.ensure_future(self._finishing_key(record, keys))
        works = [
            finishing,
            asyncio.ensure_future(self._leg.recording_taken(recording.id)),
            asyncio.ensure_future(release.wait()),
        ]
        try:
            await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
            key = finishing.result() if finishing.done() else ""
        finally:
            for work in works:
                work.cancel()
            await asyncio.gather(*works, return_exceptions=True)
            finished = await self._leg.finish_recording(recording.id)
        kept = finished or recording
        is_empty = kept.state is RecordingState.ABSENT or not kept.duration_ms
        return fx.MessageTaken(kept, key, is_empty=is_empty, elapsed_ms=self._since_ms(start_s))

    async def _beep(self, release: asyncio.Event) -> None:
        """Let the caller hear the tone. Nobody tells its end once the caller has gone."""
        tone = asyncio.ensure_future(self._performer.sound(self._clips.stock("beep-enter")))
        gone = asyncio.ensure_future(release.wait())
        try:
            await asyncio.wait((tone, gone), return_when=asyncio.FIRST_COMPLETED)
        finally:
            tone.cancel()
            gone.cancel()
            await asyncio.gather(tone, gone, return_exceptions=True)
        if not tone.cancelled():
            # It is a courtesy: without room for it the message is taken all the same.
            with contextlib.suppress(ServerFull):
                tone.result()

    async def _finishing_key(self, record: Record, keys: Keys) -> str:
        while (key := await keys.next()) not in record.finish_keys:
            pass
        return key

    def _since_ms(self, start_s: float) -> int:
        return round((self._clock.mono_s() - start_s) * 1000)
