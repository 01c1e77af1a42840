"""Digits are taken from a caller, while prompts sound or after them.

Owns barge-in, the keys that begin and end an input, and the times allowed between keys. The prompts are
performed as they are elsewhere; what is done with the digits is for the interpreter.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from hubbub.markup import effects as fx
from hubbub.markup.instructions import Gather, Play, Prompt, Say
from hubbub.markup.language import MarkupLanguage
from hubbub.services.documents.document_leg import DocumentLeg
from hubbub.services.documents.perform_effects import EffectPerformer
from hubbub.services.ports import Clock

Idle = TypeVar("Idle", bound=fx.PlaybackFailed | None)

KEYS_MAX: Final = 64
"""Keys that may wait for somebody to take them; more are dropped."""


class Keys:
    """What a caller pressed and nobody has taken yet."""

    def __init__(self) -> None:
        self._pressed: asyncio.Queue[str] = asyncio.Queue(KEYS_MAX)

    def press(self, key: str) -> None:
        if not self._pressed.full():
            self._pressed.put_nowait(key)

    def take(self) -> str | None:
        """The next one, if it was pressed already."""
        return None if self._pressed.empty() else self._pressed.get_nowait()

    async def next(self) -> str:
        return await self._pressed.get()

    def forget(self) -> None:
        while not self._pressed.empty():
            self._pressed.get_nowait()


class GatherDigits:
    """Takes digits for one leg."""

    def __init__(
        self, leg: DocumentLeg, language: MarkupLanguage, performer: EffectPerformer, clock: Clock
    ) -> None:
        self._leg = leg
        self._language = language
        self._performer = performer
        self._clock = clock

    async def __call__(self, gather: Gather, keys: Keys) -> fx.Collected | fx.PlaybackFailed:
        """What was pressed; or the failure of a prompt without which the dialect does not go on."""
        start_s = self._clock.mono_s()
        key = self._typed_ahead(gather, keys)
        for _ in range(gather.repeat if key is None else 0):
            first = await self._race(self._prompt_and_wait(gather), self._first_key(gather, keys))
            if isinstance(first, fx.PlaybackFailed):
                return first
            key = first
            if key is not None:
                break
        digits = ""
        while key is not None and key not in gather.finish_keys:
            digits += key
            if gather.digits_max is not None and len(digits) >= gather.digits_max:
                key = None
            else:
                key = await self._race(self._silence(gather.next_timeout_ms), keys.next())
        elapsed_ms = round((self._clock.mono_s() - start_s) * 1000)
        return fx.Collected(digits, key or "", gather, elapsed_ms)

    def _typed_ahead(self, gather: Gather, keys: Keys) -> str | None:
        while (key := keys.take()) is not None:
            if _begins(gather, key):
                return key
        return None

    async def _first_key(self, gather: Gather, keys: Keys) -> str:
        while True:
            key = await keys.next()
            if _begins(gather, key):
                return key

    async def _prompt_and_wait(self, gather: Gather) -> fx.PlaybackFailed | None:
        for prompt in gather.prompts:
            outcome = await self._prompt(prompt)
            if not isinstance(outcome, fx.PlaybackFailed):
                continue
            verdict = self._language.clip_failed(outcome.kind)
            if verdict.ending is not None:
                return outcome
            await self._leg.note(verdict.code, outcome.message, outcome.url)
        await self._silence(gather.first_timeout_ms)
        return None

    async def _prompt(self, prompt: Prompt) -> fx.Input:
        if isinstance(prompt, Say):
            return await self._performer.speak(prompt)
        if isinstance(prompt, Play):
            return await self._performer.play(prompt)
        return await self._performer.wait(prompt.duration_ms)

    async def _silence(self, duration_ms: int) -> None:
        await self._clock.sleep(duration_ms / 1000)

    async def _race(self, idle: Coroutine[Any, Any, Idle], key: Coroutine[Any, Any, str]) -> Idle | str:
        """Whichever is first; a key that comes with the end of the other counts. The other is stopped."""
        pressing = asyncio.ensure_future(key)
        idling = asyncio.ensure_future(idle)
        try:
            await asyncio.wait((pressing, idling), return_when=asyncio.FIRST_COMPLETED)
            return pressing.result() if pressing.done() else idling.result()
        finally:
            pressing.cancel()
            idling.cancel()
            await asyncio.gather(pressing, idling, return_exceptions=True)


def _begins(gather: Gather, key: str) -> bool:
    starts = gather.start_keys is None or key in gather.start_keys or key in gather.finish_keys
    return gather.takes_digits and starts
