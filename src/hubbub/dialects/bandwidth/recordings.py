"""Bandwidth's conference recordings. None are made yet, so none are found.

Bandwidth API reference, `listConferenceRecordings`, `getConferenceRecording`, `downloadConferenceRecording`.
"""

from hubbub.dialects.bandwidth.errors import JSON, Refused, not_found
from hubbub.dialects.contract import HttpResponse


def list_recordings() -> HttpResponse:
    """An empty array: also for a conference nobody knows, as the vendor answers for calls."""
    return HttpResponse(200, b"[]", JSON)


def missing(recording_id: str) -> Refused:
    return not_found("Recording", recording_id)
