"""Sound for calls: fetched and decoded, spoken, or made by arithmetic.

`source` is the adapter behind `services.ports.ClipSource`; `decoder`, `cache`, `speech` with its engines,
and `stock` each own a part. `open_clips` joins them.
"""

from hubbub.clips.decoder import ClipLimits
from hubbub.clips.espeak import PROGRAM, EspeakEngine, find_program
from hubbub.clips.source import SoundWeb, StoredClipSource
from hubbub.clips.speech import NoSpeech, SpeechEngine
from hubbub.services.ports import Log

__all__ = ["ClipLimits", "StoredClipSource", "open_clips"]

_DEFAULT_LIMITS = ClipLimits()


def open_clips(
    web: SoundWeb, *, program: str, log: Log, limits: ClipLimits = _DEFAULT_LIMITS
) -> StoredClipSource:
    """Sounds from the web and speech from the engine found on this machine.

    Without an engine the server runs all the same: one line says so now, and each Say fails with a note.

    Args:
        program: where espeak-ng is; empty: looked for.
    """
    command = find_program(program)
    engine: SpeechEngine
    if command is None:
        why = f"no speech engine: {program or PROGRAM} was not found"
        log.warning("speech is off", why=why)
        engine = NoSpeech(why)
    else:
        engine = EspeakEngine(command, limits)
    return StoredClipSource(web, engine, limits)
