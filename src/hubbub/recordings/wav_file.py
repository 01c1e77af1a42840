"""The 44 bytes before the samples of a recording: a RIFF header, written first and put right at the end.

Owns its shape and its repair. While sound is being written the header claims no samples; its sizes follow
from the length of the file, whoever puts them right (Microsoft and IBM, Multimedia Programming Interface 1.0).
"""

import os
import struct
from pathlib import Path
from typing import Final

from hubbub.services.recordings.recording_files import RATE_HZ

HEADER_BYTES: Final = 44
SAMPLE_BYTES: Final = 2


def header(channels: int, samples: int) -> bytes:
    """The header of 16-bit PCM at 8 kHz.

    Args:
        samples: of each channel.
    """
    frame = SAMPLE_BYTES * channels
    size = samples * frame
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + size, b"WAVE", b"fmt ", 16),
        *(1, channels, RATE_HZ, RATE_HZ * frame, frame, 8 * SAMPLE_BYTES),
        *(b"data", size),
    )


def samples_in(path: Path) -> int:
    """How many samples a mono file holds, by its length; a sample cut in half does not count."""
    return max(0, path.stat().st_size - HEADER_BYTES) // SAMPLE_BYTES


def settle(path: Path, samples: int) -> None:
    """Bring a mono file to a length, with silence or by cutting it, and let its header say so."""
    with path.open("r+b") as file:
        file.truncate(HEADER_BYTES + SAMPLE_BYTES * samples)
        file.write(header(1, samples))
        file.flush()
        os.fsync(file.fileno())
