"""Downloads of recordings: the sound as a stream, whole or a range of it (RFC 9110 §14).

Leaves who may have it, and the words for what is not there, to the dialects.
"""

import re
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from hubbub.dialects.contract import BodyStream, HttpRequest, HttpResponse
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import AudioFormat
from hubbub.services.commands import MediaFile, RecordingCommands

_RANGE: Final = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


class ByteRange(NamedTuple):
    """Both ends are inside."""

    first: int
    last: int


class RangeNotSatisfiable(Exception):
    """Nothing of the range is there."""


def read_range(header: str | None, size_bytes: int) -> ByteRange | None:
    """What a `Range` header asks of so many bytes; None: everything.

    Several ranges, other units and nonsense ask for everything, as RFC 9110 §14.2 allows.

    Raises:
        RangeNotSatisfiable: it begins behind the end, or is the last 0 bytes.
    """
    match = None if header is None else _RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last = match.groups()
    if not first:
        if not last:
            return None
        length = min(int(last), size_bytes)
        if length == 0:
            raise RangeNotSatisfiable
        return ByteRange(size_bytes - length, size_bytes - 1)
    if last and int(last) < int(first):
        return None
    if int(first) >= size_bytes:
        raise RangeNotSatisfiable
    return ByteRange(int(first), min(int(last), size_bytes - 1) if last else size_bytes - 1)


async def download(
    recordings: RecordingCommands,
    request: HttpRequest,
    recording_id: RecordingId,
    format_: AudioFormat,
    *,
    content_type: str | None = None,
    channels: int | None = None,
    track: str | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> HttpResponse:
    """200 with everything, 206 with the range that was asked for, or 416 with an empty body.

    Args:
        content_type: the vendor's word for the format; None: the usual one.
        headers: sent with 200 and 206.

    Raises:
        As `RecordingCommands.open`.
    """
    media = await recordings.open(recording_id, format_, channels=channels, track=track)
    kind = content_type or media.content_type
    try:
        wanted = read_range(request.headers.get("range"), media.size_bytes)
    except RangeNotSatisfiable:
        await _close(media.chunks)
        return HttpResponse(416, headers=(("Content-Range", f"bytes */{media.size_bytes}"),))
    headers = (*headers, ("Accept-Ranges", "bytes"))
    if wanted is None:
        return HttpResponse(200, b"", kind, headers, BodyStream(media.chunks, media.length_bytes))
    # Only now is the size known, and with it where a range ends.
    await _close(media.chunks)
    part: MediaFile = await recordings.open(
        recording_id,
        format_,
        channels=channels,
        track=track,
        first_byte=wanted.first,
        last_byte=wanted.last,
    )
    place = ("Content-Range", f"bytes {wanted.first}-{wanted.last}/{media.size_bytes}")
    return HttpResponse(206, b"", kind, (*headers, place), BodyStream(part.chunks, part.length_bytes))


async def _close(chunks: AsyncIterator[bytes]) -> None:
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()
