"""What one hears while a room has not started: stock music, silence, or the customer's wait document.

Runs until it is cancelled, which is how the room's opening ends it, or until there is nothing more to
hear. Owns the wait document's effects; leaves its verbs to the language and who waits to the room.
"""

import contextlib
from collections import deque
from enum import StrEnum

from hubbub.domain.application import WebTarget
from hubbub.domain.conference import Conference
from hubbub.domain.errors import ServerFull
from hubbub.markup import effects as fx
from hubbub.markup.instructions import FOREVER, Play, Setting, WaitKind, WaitMusic
from hubbub.markup.interpreter import Interpreter
from hubbub.markup.language import MarkupLanguage
from hubbub.markup.limits import MarkupLimits
from hubbub.services.documents.document_leg import DocumentLeg
from hubbub.services.documents.perform_effects import EffectPerformer
from hubbub.services.ports import ClipSource


class Waited(StrEnum):
    """How the waiting's programme ended, when it was not cut off."""

    SILENT = "silent"
    FAILED = "failed"
    HUNG_UP = "hung-up"
    """The document ended the call."""


class WaitForRoom:
    """One leg's waiting."""

    def __init__(
        self,
        leg: DocumentLeg,
        language: MarkupLanguage,
        performer: EffectPerformer,
        clips: ClipSource,
        limits: MarkupLimits,
    ) -> None:
        self._leg = leg
        self._language = language
        self._performer = performer
        self._clips = clips
        self._limits = limits

    async def __call__(self, music: WaitMusic, conference: Conference) -> Waited:
        if music.kind is WaitKind.STOCK:
            # Music is a courtesy: a server without room for it lets people wait in silence.
            with contextlib.suppress(ServerFull):
                await self._performer.sound(self._clips.stock("music"), FOREVER)
            return Waited.SILENT
        if music.kind is WaitKind.SILENCE or music.target is None:
            return Waited.SILENT
        if music.kind is WaitKind.SOUND:
            return await self._sound(music.target)
        interpreter = Interpreter(self._language, answered=True, setting=Setting.WAITING, limits=self._limits)
        ask = fx.Ask(fx.Purpose.WAIT, music.target, conference=conference)
        effects = deque(interpreter.start(ask))
        while effects:
            effect = effects.popleft()
            if isinstance(effect, fx.Finish):
                return Waited.FAILED if effect.failed else Waited.SILENT
            if isinstance(effect, fx.HangUp | fx.Refuse):
                self._leg.hang_up(effect.cause)
                return Waited.HUNG_UP
            outcome = await self._perform(effect)
            if outcome is not None:
                effects.extend(interpreter.feed(outcome))
        return Waited.SILENT

    async def _sound(self, target: WebTarget) -> Waited:
        outcome = await self._performer.play(Play(target, FOREVER))
        if not isinstance(outcome, fx.PlaybackFailed):
            return Waited.SILENT
        await self._leg.note(self._language.clip_failed(outcome.kind).code, outcome.message, outcome.url)
        return Waited.FAILED

    async def _perform(self, effect: fx.Effect) -> fx.Input | None:
        match effect:
            case fx.Fetch():
                return await self._performer.fetch(effect.ask)
            case fx.Speak():
                return await self._performer.speak(effect.say)
            case fx.PlayClip():
                return await self._performer.play(effect.play)
            case fx.Wait():
                return await self._performer.wait(effect.duration_ms)
            case fx.Note():
                await self._leg.note(effect.code, effect.message, effect.url)
                return None
            case _:
                raise AssertionError(f"a wait document wants {effect}")
