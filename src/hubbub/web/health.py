"""`/healthz` and `/readyz`: is the process alive, and may it be given work.

Owns the two pages. What readiness means is the caller's: a function from nothing to named conditions.
"""

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Readiness = Callable[[], Mapping[str, bool]]
"""The conditions of taking work, by name; ready when all hold."""


async def alive(request: Request) -> Response:
    """200 for as long as the event loop turns."""
    return JSONResponse({"status": "ok"})


class ReadyPage:
    """200 when every condition holds, else 503; the body names each."""

    def __init__(self, readiness: Readiness) -> None:
        self._readiness = readiness

    async def __call__(self, request: Request) -> Response:
        conditions = dict(self._readiness())
        ready = all(conditions.values())
        body = {"status": "ready" if ready else "not ready", "conditions": conditions}
        return JSONResponse(body, status_code=200 if ready else 503)
