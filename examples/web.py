"""What every example needs of the web: to read what it is told, and to answer."""

from __future__ import annotations

import io
import math
import struct
import wave
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

NO_CONTENT = 204
MUSIC_HZ = 525
"""One note, so that an ear in a test can tell it; yours will be a tune."""


async def event(request: Request) -> dict[str, Any]:
    """A webhook whose body is JSON."""
    told: dict[str, Any] = await request.json()
    return told


async def form(request: Request) -> dict[str, str]:
    """The parameters of a request: those of its query, and those of its body."""
    body = (await request.body()).decode()
    return {**request.query_params, **dict(parse_qsl(body, keep_blank_values=True))}


def xml(document: object) -> Response:
    """A document of markup."""
    return Response(str(document), media_type="application/xml")


def response(*verbs: str) -> Response:
    """A document of these verbs."""
    return xml(f'<?xml version="1.0" encoding="UTF-8"?><Response>{"".join(verbs)}</Response>')


def nothing() -> Response:
    """The answer to news that need none."""
    return Response(status_code=NO_CONTENT)


def listing(rows: list[dict[str, Any]]) -> Response:
    """What the desk shows."""
    return JSONResponse(rows)


async def music(request: Request) -> Response:
    """Five seconds of waiting music, as a WAV file."""
    sound = io.BytesIO()
    samples = [round(3000 * math.sin(2 * math.pi * MUSIC_HZ * n / 8000)) for n in range(5 * 8000)]
    with wave.open(sound, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))
    return Response(sound.getvalue(), media_type="audio/wav")
