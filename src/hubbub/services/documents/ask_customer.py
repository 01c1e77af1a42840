"""What every document asks of the world, whoever hears it: the next document, a sound, a spoken text.

Owns the questions and how their failures are told to the interpreter. Leaves who hears the sound to the leg
(`perform_effects`) and the room (`services.rooms.room_programs`).
"""

from typing import Final

from hubbub.domain.errors import InvalidValue
from hubbub.markup import effects as fx
from hubbub.markup.instructions import Play, Say
from hubbub.markup.language import DocumentRequest
from hubbub.markup.limits import MarkupLimits
from hubbub.services.ports import Clip, ClipSource, DocumentFetcher, FetchFailed, FetchRequest

SOUND_BYTES_MAX: Final = 26_214_400
"""An hour of telephone sound; the clip source may hold a tighter limit of its own."""


async def fetch_document(
    fetcher: DocumentFetcher, ask: fx.Ask, request: DocumentRequest, limits: MarkupLimits
) -> fx.Fetched | fx.FetchFailed:
    """The document that `ask` wants, by the request that the dialect made of it."""
    try:
        response = await fetcher.fetch(
            FetchRequest(
                url=request.url,
                method=request.method,
                headers=request.headers,
                body=request.body,
                username=request.username,
                password=request.password,
                timeout_s=limits.fetch_timeout_s,
                body_bytes_max=limits.document_bytes_max,
                connection=request.connection,
            )
        )
    except FetchFailed as error:
        return fx.FetchFailed(error.kind, str(error), error.status)
    # A GET's parameters are no part of the document's address.
    url = ask.target.url if response.url == request.url else response.url
    return fx.Fetched(url, response.content_type, response.body)


async def load_speech(clips: ClipSource, say: Say) -> Clip | fx.PlaybackFailed:
    """The spoken text."""
    try:
        return await clips.speak(say.text, voice=say.voice, language=say.language, ssml=say.ssml)
    except InvalidValue as error:
        return fx.PlaybackFailed("speech", str(error))


async def load_sound(clips: ClipSource, play: Play) -> Clip | fx.PlaybackFailed:
    """The sound file."""
    target = play.target
    request = FetchRequest(
        target.url,
        target.method,
        username=target.username,
        password=target.password,
        body_bytes_max=SOUND_BYTES_MAX,
    )
    try:
        return await clips.load(request)
    except FetchFailed as error:
        return fx.PlaybackFailed(error.kind, str(error), target.url)
    except InvalidValue as error:
        return fx.PlaybackFailed("audio", str(error), target.url)
