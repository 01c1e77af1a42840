"""Where a recording's files lie, and the two small ones that say what they are.

recordings/<first two digits>/<id>/recording.json    the plan, written at the beginning
                                   timeline.jsonl    what happened, with sample positions
                                   raw/<track>.wav   while sound is being taken
                                   finished.json     written last; then raw/ goes
                                   sound.wav         what is handed out, and track-<track>.wav beside it
                                   sound.mp3 …       conversions, made when asked for
"""

import json
import os
import re
from pathlib import Path
from typing import Any, Final, NamedTuple

from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import AudioFormat
from hubbub.services.recordings.recording_files import Blend, FinishedSound, SoundPlan

PLAN: Final = "recording.json"
TIMELINE: Final = "timeline.jsonl"
FINISHED: Final = "finished.json"
RAW: Final = "raw"
SOUND: Final = "sound"
TRACK_NAME: Final = re.compile(r"[0-9a-z-]{1,64}")
SUFFIXES: Final = {
    AudioFormat.WAV: "wav",
    AudioFormat.MP3: "mp3",
    AudioFormat.FLAC: "flac",
    AudioFormat.OPUS: "opus",
}
CONTENT_TYPES: Final = {
    AudioFormat.WAV: "audio/x-wav",
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.OPUS: "audio/ogg",
}


class Finished(NamedTuple):
    """What finished.json says."""

    sound: FinishedSound
    channels: int
    tracks: tuple[str, ...]
    """Those that are handed out by name."""


def folder_of(root: Path, recording_id: RecordingId) -> Path:
    return root / recording_id[:2] / recording_id


def file_name(track: str | None, mixed_down: bool, format_: AudioFormat) -> str:
    """The name of one way to hand out a recording."""
    stem = SOUND if track is None else f"track-{track}"
    return f"{stem}{'-mono' if mixed_down else ''}.{SUFFIXES[format_]}"


def plan_text(plan: SoundPlan) -> bytes:
    return json.dumps(plan._asdict()).encode()


def read_plan(folder: Path) -> SoundPlan:
    """Raises OSError; ValueError, KeyError or TypeError for what is no plan."""
    return _plan(json.loads((folder / PLAN).read_bytes()))


def finished_text(finished: Finished) -> bytes:
    sound = finished.sound
    return json.dumps(
        {
            **sound._asdict(),
            "plan": sound.plan._asdict(),
            "channels": finished.channels,
            "tracks": list(finished.tracks),
        }
    ).encode()


def read_finished(data: bytes) -> Finished:
    """Raises ValueError, KeyError or TypeError for what is not finished.json."""
    found = json.loads(data)
    sound = FinishedSound(
        _plan(found["plan"]), int(found["samples"]), int(found["size_bytes"]), found["has_voice"]
    )
    return Finished(sound, int(found["channels"]), tuple(str(each) for each in found["tracks"]))


def replace(path: Path, data: bytes) -> None:
    """Write a small file so that it is there whole or not at all."""
    new = path.with_name(path.name + ".new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _plan(found: dict[str, Any]) -> SoundPlan:
    return SoundPlan(
        Blend(found["blend"]),
        AudioFormat(found["format"]),
        bool(found["trim_silence"]),
        bool(found["silent_is_absent"]),
    )
