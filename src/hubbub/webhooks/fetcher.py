"""Asks customers' servers for documents: the `DocumentFetcher`.

Owns what counts as a document (any status below 400) and that a failure is logged once, without what a URL
may hide in its user information and query. Leaves the exchange to `web_client`.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from hubbub.services.ports import FetchFailed, FetchRequest, FetchResponse, Log
from hubbub.webhooks.one_request import ReadBody
from hubbub.webhooks.target_policy import TargetPolicy
from hubbub.webhooks.web_client import DEFAULT_LIMITS, WebAnswer, WebClient, WebLimits


class WebDocumentFetcher:
    """`services.ports.DocumentFetcher` over HTTP, which can fetch sounds as well."""

    def __init__(self, web: WebClient, log: Log) -> None:
        self._web = web
        self._log = log

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """The answer. Sound is not read: its type says enough, and it is loaded as a clip by its URL."""
        answer = await self._exchange("document not fetched", request, _is_document)
        return FetchResponse(answer.url, answer.status, answer.content_type, answer.body)

    async def fetch_sound(self, request: FetchRequest) -> WebAnswer:
        """The answer with its headers and its whole body."""
        return await self._exchange("sound not fetched", request, _is_answer)

    async def aclose(self) -> None:
        await self._web.aclose()

    async def _exchange(self, event: str, request: FetchRequest, read_body: ReadBody) -> WebAnswer:
        try:
            answer = await self._web.exchange(request, read_body=read_body)
            if answer.status >= 400:
                raise FetchFailed("status", f"the server answered {answer.status}", answer.status)
        except FetchFailed as failure:
            self._log.warning(
                event,
                url=loggable(request.url),
                method=request.method,
                kind=failure.kind,
                status=failure.status,
                why=str(failure),
            )
            raise
        return answer


def open_fetcher(
    *, allowed_networks: Iterable[object], log: Log, limits: WebLimits = DEFAULT_LIMITS
) -> WebDocumentFetcher:
    """A fetcher for this running loop; to be closed.

    Args:
        allowed_networks: private IP networks that customers' URLs may reach.
    """
    policy = TargetPolicy([str(network) for network in allowed_networks])
    return WebDocumentFetcher(WebClient(policy, limits), log)


def loggable(url: str) -> str:
    """Scheme, host and path of a URL: the rest may hold passwords and callers' numbers."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "(not a URL)"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _is_answer(status: int, content_type: str) -> bool:
    return status < 400


def _is_document(status: int, content_type: str) -> bool:
    return status < 400 and not content_type.strip().lower().startswith("audio/")
