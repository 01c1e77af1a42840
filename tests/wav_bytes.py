"""WAV files made of bytes, for tests that must not depend on the server's own writer."""

import struct


def wav_file(pcm: bytes, rate_hz: int = 8_000) -> bytes:
    """16-bit mono samples with the plainest header there is: 44 bytes."""
    head = struct.pack(
        "<4sI4s4sIHHIIHH", b"RIFF", 36 + len(pcm), b"WAVE", b"fmt ", 16, 1, 1, rate_hz, rate_hz * 2, 2, 16
    )
    return head + struct.pack("<4sI", b"data", len(pcm)) + pcm
