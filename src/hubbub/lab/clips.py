"""The sounds of the server, as the lab has them: each a tone that ears can tell, so that a test can prove who heard it.

Owns `LabClips`, which stands where espeak-ng, the audio decoder and the stock sounds stand. A text is spoken as the
tone `SPEECH_HZ` for as long as a person would take, and remembered; files are WAV only.
"""

from __future__ import annotations

from typing import Final

from hubbub.audio.tones import generate
from hubbub.audio.wav import WavRefused, read_wav
from hubbub.domain.errors import InvalidValue
from hubbub.lab.customer import CustomerWeb
from hubbub.services.ports import Clip, FetchRequest

SPEECH_HZ: Final = 620
MUSIC_HZ: Final = 350
BEEP_ENTER_HZ: Final = 1265
BEEP_EXIT_HZ: Final = 910
RINGBACK_HZ: Final = 500
BUSY_HZ: Final = 1085
LEVEL_DBFS: Final = -20.0
CHARACTER_MS: Final = 60
"""A letter takes about as long when read aloud at an ordinary pace."""

STOCK: Final = {
    "music": (MUSIC_HZ, 10_000),
    "beep-enter": (BEEP_ENTER_HZ, 300),
    "beep-exit": (BEEP_EXIT_HZ, 300),
    "ringback": (RINGBACK_HZ, 2000),
    "busy": (BUSY_HZ, 500),
}
"""The tone of each stock sound, and its length in milliseconds."""
SOUNDS_HZ: Final = frozenset({SPEECH_HZ, *(hz for hz, _ in STOCK.values())})


class LabClips:
    """Implements `services.ports.ClipSource`.

    Args:
        web: where Play's files come from.
    """

    def __init__(self, web: CustomerWeb) -> None:
        self._web = web
        self.spoken: list[str] = []
        """Every text so far, in order."""

    async def load(self, request: FetchRequest) -> Clip:
        """Fetch a WAV file. Raises FetchFailed, or InvalidValue for bad audio."""
        response = await self._web.fetch_sound(request)
        try:
            pcm = read_wav(response.body)
        except WavRefused as refused:
            raise InvalidValue("audio", str(refused)) from None
        return Clip(pcm.tobytes(), request.url)

    async def speak(self, text: str, *, voice: str, language: str, ssml: str = "") -> Clip:
        """A tone as long as the text. Raises InvalidValue when there is nothing to say."""
        if not text.strip():
            raise InvalidValue("text", "there is nothing to say")
        self.spoken.append(text)
        return _clip(SPEECH_HZ, max(200, CHARACTER_MS * len(text)), text)

    def stock(self, name: str) -> Clip:
        """One of `STOCK`."""
        hz, duration_ms = STOCK[name]
        return _clip(hz, duration_ms, name)


def _clip(hz: int, duration_ms: int, name: str) -> Clip:
    return Clip(generate([hz], duration_ms, LEVEL_DBFS).astype("<i2").tobytes(), name)
