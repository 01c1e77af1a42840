"""espeak-ng as a program, where only its library is installed (the `espeakng-loader` package carries one).

Run by its path in a process of its own, never imported by the server: the library is under the GPL, and
what crashes it should crash no calls. Understands the few arguments that `espeak.EspeakEngine` gives:
`--voices`, or `-v VOICE` (and `-m` for markup) with the text on standard input and a WAV file on standard output. Imports the
standard library and the loader only, because it starts once for each text.
"""

import argparse
import ctypes
import struct
import sys
from importlib import import_module

OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
POSITION_CHARACTER = 1
CHARACTERS_UTF8 = 1
SSML = 0x10
END_PAUSE = 0x1000
"""Constants of speak_lib.h, the library's public header."""


class VoiceRecord(ctypes.Structure):
    """`espeak_VOICE` of speak_lib.h."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.POINTER(ctypes.c_char)),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


OnSound = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def main() -> int:
    parser = argparse.ArgumentParser(prog="espeak_program")
    parser.add_argument("--voices", action="store_true")
    parser.add_argument("-v", dest="voice", default="en")
    parser.add_argument("-b", dest="encoding", choices=["1"], default="1")
    parser.add_argument("-m", dest="markup", action="store_true")
    parser.add_argument("--stdin", action="store_true")
    parser.add_argument("--stdout", action="store_true")
    wanted = parser.parse_args()
    loader = import_module("espeakng_loader")
    library = ctypes.CDLL(loader.get_library_path())
    data = str(loader.get_data_path()).encode()
    rate_hz = library.espeak_Initialize(OUTPUT_SYNCHRONOUS, 0, data, INITIALIZE_DONT_EXIT)
    if rate_hz <= 0:
        return 2
    if wanted.voices:
        list_voices(library)
        return 0
    text = sys.stdin.buffer.read()
    sound = speak(library, wanted.voice.encode(), text, markup=wanted.markup)
    if sound is None:
        return 3
    sys.stdout.buffer.write(wav(sound, rate_hz))
    return 0


def list_voices(library: ctypes.CDLL) -> None:
    """In the columns of the program's own `--voices`: priority, language, and what else is to tell."""
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(VoiceRecord))
    voices = library.espeak_ListVoices(None)
    lines = ["Pty Language"]
    index = 0
    while voices[index]:
        record = voices[index].contents
        priority = ord(record.languages[0])
        # The first byte is the priority; the first of the languages after it ends with a zero.
        language = ctypes.string_at(ctypes.addressof(record.languages.contents) + 1).decode()
        lines.append(f" {priority}  {language}")
        index += 1
    sys.stdout.write("\n".join(lines) + "\n")


def speak(library: ctypes.CDLL, voice: bytes, text: bytes, *, markup: bool) -> bytes | None:
    """The text as 16-bit samples; None if the voice is unknown or nothing can be said.

    Args:
        markup: elements of SSML in it are obeyed.
    """
    parts: list[bytes] = []

    def on_sound(samples: "ctypes._Pointer[ctypes.c_short]", count: int, _: object) -> int:
        # A null pointer, with a count of nothing, marks the end.
        if count > 0:
            parts.append(ctypes.string_at(samples, count * 2))
        return 0

    callback = OnSound(on_sound)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice) != 0:
        # Not a voice's file, so perhaps a language, as the real program tries too.
        language = ctypes.create_string_buffer(voice)
        record = VoiceRecord(languages=ctypes.cast(language, ctypes.POINTER(ctypes.c_char)))
        if library.espeak_SetVoiceByProperties(ctypes.byref(record)) != 0:
            return None
    status = library.espeak_Synth(
        ctypes.c_char_p(text),
        ctypes.c_size_t(len(text) + 1),
        ctypes.c_uint(0),
        POSITION_CHARACTER,
        ctypes.c_uint(0),
        ctypes.c_uint(CHARACTERS_UTF8 | END_PAUSE | (SSML if markup else 0)),
        None,
        None,
    )
    if status != 0:
        return None
    library.espeak_Synchronize()
    return b"".join(parts)


def wav(pcm: bytes, rate_hz: int) -> bytes:
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(pcm),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate_hz,
        rate_hz * 2,
        2,
        16,
        b"data",
        len(pcm),
    )
    return header + pcm


if __name__ == "__main__":
    sys.exit(main())
