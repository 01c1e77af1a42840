"""The sound of a recording: `.wav`, `.mp3`, and WAV without a suffix.

https://www.twilio.com/docs/voice/api/recording#fetch-a-recordings-media-file. Owns `RequestedChannels`; leaves
ranges to `shared.recording_media`. Sound that is finished never changes, so its entity tag is its id.
"""

from typing import Final

from hubbub.dialects.contract import HttpResponse
from hubbub.dialects.shared.recording_media import download
from hubbub.dialects.twilio.errors import TwilioError, error_response, invalid, not_found
from hubbub.dialects.twilio.recordings import find_recording
from hubbub.dialects.twilio.resource import Asked
from hubbub.domain.errors import Conflict, InvalidValue, NotFound
from hubbub.domain.recording import AudioFormat, RecordingState

FORMATS: Final = {".wav": AudioFormat.WAV, ".mp3": AudioFormat.MP3}
TYPES: Final = {AudioFormat.WAV: "audio/x-wav", AudioFormat.MP3: "audio/mpeg"}
MONO_ONLY: Final = 16113


async def fetch_media(asked: Asked) -> HttpResponse:
    stem, dot, ending = asked.keys[0].rpartition(".")
    suffix = dot + ending if dot + ending in FORMATS else ""
    format_ = FORMATS.get(suffix, AudioFormat.WAV)
    recording = await find_recording(asked, stem if suffix else asked.keys[0])
    if recording.state is not RecordingState.COMPLETED:
        raise not_found(asked.path)
    requested = asked.parameters[1].get("RequestedChannels") or None
    if requested not in (None, "1", "2"):
        raise invalid("RequestedChannels", "it is 1 or 2")
    channels = None if requested is None else int(requested)
    if channels is not None and channels > recording.channels:
        raise _mono_only("the recording has one channel")
    if channels is None and recording.conference_id is not None:
        channels = 1
    tag = f'"{recording.id}-{format_}-{channels or recording.channels}"'
    headers = (("ETag", tag), ("Cache-Control", "private, max-age=86400"))
    if asked.request.headers.get("if-none-match") == tag:
        return HttpResponse(304, headers=headers)
    try:
        response = await download(
            asked.desk.commands.recordings,
            asked.request,
            recording.id,
            format_,
            content_type=TYPES[format_],
            channels=channels,
            headers=headers,
        )
    except (NotFound, Conflict):
        raise not_found(asked.path) from None
    except InvalidValue as refusal:
        raise _mono_only(str(refusal)) from None
    if response.status != 416:
        return response
    refused = error_response(TwilioError(416, "The range lies outside the sound"), asked.suffix)
    refused.headers = response.headers
    return refused


def _mono_only(why: str) -> TwilioError:
    return TwilioError(400, f"Invalid parameter RequestedChannels: {why}", code=MONO_ONLY)
