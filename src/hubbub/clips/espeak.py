"""Speech by espeak-ng, run as a program of its own: it is under the GPL, and a crash of it is no crash of ours.

Owns the command line, the choice among the engine's languages, and how long and how many at once. The text
goes in by standard input, never on the command line; a WAV file comes out by standard output.
"""

import asyncio
import contextlib
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from hubbub.clips.decoder import ClipLimits
from hubbub.clips.speech import Voice
from hubbub.domain.errors import InvalidValue

PROGRAM: Final = "espeak-ng"
LOADER: Final = "espeakng_loader"
"""The package that carries espeak-ng's library; `espeak_program` makes a program of it."""
FEMALE_VARIANT: Final = "+f3"
LANGUAGE_LAST_RESORT: Final = "en"
_SYNONYMS: Final = {"zh": "cmn", "no": "nb", "es-mx": "es-419", "es-us": "es-419", "yue": "yue"}


def find_program(setting: str) -> tuple[str, ...] | None:
    """The command that speaks: the operator's, or the one on the path, or the one a wheel makes possible.

    Returns:
        None if there is none; the operator's is not replaced by another.
    """
    found = shutil.which(setting or PROGRAM)
    if found:
        return (found,)
    if not setting and find_spec(LOADER) is not None:
        return (sys.executable, "-s", str(Path(__file__).with_name("espeak_program.py")))
    return None


class EspeakEngine:
    """A `SpeechEngine`."""

    def __init__(self, command: Sequence[str], limits: ClipLimits) -> None:
        self._command = tuple(command)
        self._limits = limits
        self._at_work = asyncio.Semaphore(limits.speech_programs_max)
        self._languages: frozenset[str] | None = None

    async def speak(self, text: str, voice: Voice, ssml: str = "") -> bytes:
        async with self._at_work:
            if self._languages is None:
                self._languages = parse_languages(await self._run(("--voices",), b""))
            name = choose_language(voice.language, self._languages)
            variant = FEMALE_VARIANT if voice.is_female else ""
            markup = ("-m",) if ssml else ()
            sound = await self._run(
                ("-v", name + variant, "-b", "1", *markup, "--stdin", "--stdout"),
                (ssml or text).encode("utf-8", "replace"),
            )
        # Written to a pipe, the header cannot know the length: it says "very long".
        return _with_true_length(sound)

    async def _run(self, arguments: Sequence[str], text: bytes) -> bytes:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            raise InvalidValue("speech", f"{Path(self._command[0]).name} cannot be run: {error}") from None
        try:
            async with asyncio.timeout(self._limits.speech_timeout_s):
                output, _ = await process.communicate(text)
        except TimeoutError:
            raise InvalidValue("speech", "the speech engine took too long") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            raise InvalidValue("speech", f"the speech engine failed with status {process.returncode}")
        return output


def parse_languages(listing: bytes) -> frozenset[str]:
    """The languages in the output of `--voices`: its second column, in lower case."""
    languages = set()
    for line in listing.decode("utf-8", "replace").splitlines()[1:]:
        columns = line.split()
        if len(columns) >= 2:
            languages.add(columns[1].lower())
    return frozenset(languages)


def choose_language(tag: str, languages: frozenset[str]) -> str:
    """The engine's language nearest to a BCP 47 tag: the same, its parent, or one of its regions."""
    wanted = tag.lower()
    wanted = _SYNONYMS.get(wanted, wanted)
    while wanted:
        candidate = _SYNONYMS.get(wanted, wanted)
        if candidate in languages:
            return candidate
        wanted = wanted.rpartition("-")[0]
    base = tag.lower().partition("-")[0]
    regions = sorted(language for language in languages if language.startswith(base + "-"))
    if regions:
        return regions[0]
    english = sorted(language for language in languages if language.startswith("en"))
    return "en-us" if "en-us" in english else (english[0] if english else LANGUAGE_LAST_RESORT)


def _with_true_length(sound: bytes) -> bytes:
    if sound[:4] != b"RIFF" or sound[36:40] != b"data":
        return sound
    data_bytes = len(sound) - 44
    return (
        sound[:4]
        + (36 + data_bytes).to_bytes(4, "little")
        + sound[8:40]
        + data_bytes.to_bytes(4, "little")
        + sound[44:]
    )
