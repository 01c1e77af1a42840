"""A speech engine for tests: each word is a tone of its own, the same on every machine."""

import zlib

import numpy as np

from hubbub.audio.tones import generate
from hubbub.audio.wav import write_wav
from hubbub.clips.speech import Voice

WORD_MS = 200


def frequency_hz(word: str) -> int:
    """Between 400 and 3390 Hz; letter case does not matter."""
    return 400 + zlib.crc32(word.lower().encode("utf-8", "replace")) % 300 * 10


class ToneSpeech:
    """Remembers what it was to say."""

    def __init__(self, word_ms: int = WORD_MS) -> None:
        self.said: list[tuple[str, Voice]] = []
        self._word_ms = word_ms

    async def speak(self, text: str, voice: Voice, ssml: str = "") -> bytes:
        self.said.append((text, voice))
        parts = []
        for word in text.split():
            parts += [
                generate([frequency_hz(word)], self._word_ms, -12),
                generate([], self._word_ms // 4, -12),
            ]
        return write_wav(np.concatenate(parts))
