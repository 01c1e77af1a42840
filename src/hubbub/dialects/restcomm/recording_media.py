"""The sound of a recording: `.wav` and `.mp3`.

Credentials are asked for, as everywhere on this server. Restcomm asks for none, because customers' applications hand
these addresses to browsers, and nobody can guess one: so it is with `restcomm_open_recordings`.

Restcomm Connect API guide, "Recordings".
"""

from typing import Final

from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.dialects.restcomm.errors import refused
from hubbub.dialects.restcomm.ids import read_recording_sid
from hubbub.dialects.restcomm.recordings import AUDIBLE
from hubbub.dialects.shared.recording_media import download
from hubbub.domain.errors import Conflict, NotFound
from hubbub.domain.ids import AccountId
from hubbub.domain.recording import AudioFormat

FORMATS: Final = {".wav": AudioFormat.WAV, ".mp3": AudioFormat.MP3}
TYPES: Final = {AudioFormat.WAV: "audio/x-wav", AudioFormat.MP3: "audio/mpeg"}


def is_media(segment: str) -> bool:
    return segment[-4:] in FORMATS


async def get_media(
    request: HttpRequest, desk: Desk, account_id: AccountId | None, segment: str
) -> HttpResponse:
    """GET Accounts/{A}/Recordings/{RE}.wav or .mp3.

    Args:
        account_id: whose it has to be.

    Raises:
        Refused: 404, also for another account's.
    """
    recording_id = read_recording_sid(segment[:-4])
    recording = None if recording_id is None else await desk.store.read.recording(recording_id)
    if recording is None or recording.state not in AUDIBLE or recording.account_id != account_id:
        raise refused(404)
    format_ = FORMATS[segment[-4:]]
    try:
        return await download(
            desk.commands.recordings, request, recording.id, format_, content_type=TYPES[format_]
        )
    except (NotFound, Conflict):
        raise refused(404) from None
