"""RCML's `<Record>`.

Restcomm Connect user guide, "RCML Record". Without an `action` the current document is asked again, as the manual
has it. Nothing is transcribed, and video is not recorded: the attributes that ask for it are accepted.
"""

from typing import Final

from hubbub.dialects.restcomm.markup_attributes import VALUE, Reading
from hubbub.domain.application import WebTarget
from hubbub.domain.recording import RecordingSource
from hubbub.markup.instructions import Record, RecordingWish
from hubbub.markup.xml_document import Element

FINISH_KEYS: Final = "1234567890*#"
LENGTH_MAX_S: Final = 14_400


def read_record(element: Element, reading: Reading) -> Record:
    method = reading.method(element, "method")
    action = reading.target(element, "action", "method")
    if action is None and reading.base_url is not None:
        action = WebTarget(reading.base_url, method)
    length_s = max(1, reading.number(element, "maxLength", 3_600, maximum=LENGTH_MAX_S))
    silence_s = reading.number(element, "timeout", 5, maximum=LENGTH_MAX_S)
    return Record(
        wish=RecordingWish(
            RecordingSource.RECORD_VERB,
            track="inbound",
            max_duration_ms=1000 * length_s,
            silence_ms=1000 * silence_s or None,
        ),
        beep=reading.boolean(element, "playBeep", True),
        finish_keys=_finish_keys(element, reading),
        action=action,
    )


def _finish_keys(element: Element, reading: Reading) -> str:
    """Any key where nothing is said; `-1` is none, an empty text `#`."""
    if "finishOnKey" not in element.attributes:
        return FINISH_KEYS
    keys = reading.value(element, "finishOnKey")
    if keys == "-1":
        return ""
    if not set(keys) <= set(FINISH_KEYS):
        reading.warn(VALUE, f"line {element.line}: finishOnKey={keys[:80]!r} is not of 0-9 * #")
        return FINISH_KEYS
    return keys or "#"
