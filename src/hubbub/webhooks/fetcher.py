"""Asks customers' servers for documents: the `DocumentFetcher`.

Owns what counts as a document (any status below 400) and that a failure is logged once, without what a URL
may hide in its user information and query. Leaves the exchange to `web_client`.
"""

from urllib.parse import urlsplit

from hubbub.services.ports import FetchFailed, FetchRequest, FetchResponse, Log
from hubbub.webhooks.web_client import WebClient


class WebDocumentFetcher:
    """`services.ports.DocumentFetcher` over HTTP."""

    def __init__(self, web: WebClient, log: Log) -> None:
        self._web = web
        self._log = log

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """The answer. Sound is not read: its type says enough, and it is loaded as a clip by its URL."""
        try:
            answer = await self._web.exchange(request, read_body=_is_wanted)
            if answer.status >= 400:
                raise FetchFailed("status", f"the server answered {answer.status}", answer.status)
        except FetchFailed as failure:
            self._log.warning(
                "document not fetched",
                url=loggable(request.url),
                method=request.method,
                kind=failure.kind,
                status=failure.status,
                why=str(failure),
            )
            raise
        return FetchResponse(answer.url, answer.status, answer.content_type, answer.body)


def loggable(url: str) -> str:
    """Scheme, host and path of a URL: the rest may hold passwords and callers' numbers."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(not a URL)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _is_wanted(status: int, content_type: str) -> bool:
    return status < 400 and not content_type.strip().lower().startswith("audio/")
