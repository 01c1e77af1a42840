"""Builds the ASGI application: the shell, and the pages that belong to no dialect."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hubbub.dialects.contract import Desk, Dialect
from hubbub.web.health import Readiness, ReadyPage, alive
from hubbub.web.metrics import MetricsPage, RequestCounts
from hubbub.web.settings import WebSettings
from hubbub.web.shell import Shell


def build_app(
    desk: Desk,
    dialects: Sequence[Dialect],
    settings: WebSettings,
    metrics: CollectorRegistry,
    readiness: Readiness,
) -> Shell:
    """The whole HTTP side as one ASGI application.

    Args:
        metrics: printed at `/metrics`; the HTTP series are registered with it.
        readiness: asked at every `/readyz`.
    """
    counts = RequestCounts()
    metrics.register(counts)
    prefixes = sorted(prefix for dialect in dialects for prefix in dialect.prefixes)

    async def refuse(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        body: dict[str, object] = {"status": error.status_code, "message": error.detail}
        if error.status_code == 404:
            body["message"] = "Nothing is served at this path"
            body["prefixes"] = prefixes
            body["pages"] = ["/healthz", "/readyz", "/metrics"]
        return JSONResponse(body, status_code=error.status_code, headers=error.headers)

    pages = Starlette(
        routes=[
            Route("/healthz", alive, methods=["GET"]),
            Route("/readyz", ReadyPage(readiness).__call__, methods=["GET"]),
            Route("/metrics", MetricsPage(metrics).__call__, methods=["GET"]),
        ],
        exception_handlers={HTTPException: refuse},
    )
    return Shell(desk, dialects, settings, counts, pages)
