"""Ranges of bytes (RFC 9110 §14), and streams that are not left open."""

from collections.abc import AsyncIterator

import pytest

from hubbub.dialects.contract import HttpRequest
from hubbub.dialects.shared.recording_media import RangeNotSatisfiable, download, read_range
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import AudioFormat
from hubbub.services.commands import MediaFile

SIZE = 100


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", (0, 0)),
        ("bytes=10-", (10, 99)),
        ("bytes=10-1000", (10, 99)),
        ("bytes=-1", (99, 99)),
        ("bytes=-1000", (0, 99)),
        (" Bytes = 5 - 6 ", (5, 6)),
        (None, None),
        ("", None),
        ("bytes=-", None),
        ("bytes=6-5", None),
        ("bytes=0-1,3-4", None),
        ("bytes=²-", None),
        ("bytes=" + "9" * 19 + "-", None),
        ("seconds=0-1", None),
    ],
)
def test_a_range_is_read_or_passed_over(header: str | None, expected: tuple[int, int] | None) -> None:
    assert read_range(header, SIZE) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0"])
def test_a_range_of_nothing_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        read_range(header, SIZE)


def test_nothing_is_in_an_empty_file() -> None:
    assert read_range(None, 0) is None
    with pytest.raises(RangeNotSatisfiable):
        read_range("bytes=0-", 0)


class Files:
    """Counts the streams that are open."""

    def __init__(self) -> None:
        self.open_count = 0

    async def open(
        self,
        recording_id: RecordingId,
        format_: AudioFormat,
        *,
        channels: int | None = None,
        track: str | None = None,
        first_byte: int = 0,
        last_byte: int | None = None,
    ) -> MediaFile:
        stream = Stream(self)
        length = (SIZE if last_byte is None else last_byte + 1) - first_byte
        return MediaFile("audio/wav", SIZE, first_byte, stream, length)


class Stream:
    def __init__(self, files: Files) -> None:
        self._files = files
        files.open_count += 1

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._files.open_count -= 1


@pytest.mark.parametrize(
    ("header", "status", "open_count"), [("", 200, 1), ("bytes=1-2", 206, 1), ("bytes=100-", 416, 0)]
)
async def test_only_what_is_sent_stays_open(header: str, status: int, open_count: int) -> None:
    files = Files()
    request = HttpRequest("GET", "/", "", {"range": header}, b"", "http://x")
    response = await download(files, request, RecordingId("1" * 32), AudioFormat.WAV)  # type: ignore[arg-type]
    assert (response.status, files.open_count) == (status, open_count)
