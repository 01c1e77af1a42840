"""Sends callbacks: the `DocumentFetcher` of the deliveries.

Owns what differs from asking for a document: connections are kept from one callback to the next (a callback that
is sent twice carries the same token), and nothing is tried again or logged here, because
`services.deliveries.deliver` decides on the first and tells the second once a minute and not once a callback. Leaves the
exchange, and where it may lead, to `web_client` and `target_policy`.
"""

from collections.abc import Iterable
from typing import Final

from hubbub.services.ports import FetchFailed, FetchRequest, FetchResponse
from hubbub.webhooks.target_policy import TargetPolicy
from hubbub.webhooks.web_client import DEFAULT_LIMITS, WebClient, WebLimits

SENDER_LIMITS: Final = DEFAULT_LIMITS._replace(connect_attempts_max=1, reuse_connections=True)


class CallbackSender:
    """`services.ports.DocumentFetcher` over kept connections."""

    def __init__(self, web: WebClient) -> None:
        self._web = web

    async def fetch(self, request: FetchRequest) -> FetchResponse:
        """The answer, any status below 400; one attempt. Raises FetchFailed."""
        if request.connection is not None and request.connection.attempts_max != 1:
            request = request._replace(connection=request.connection._replace(attempts_max=1))
        answer = await self._web.exchange(request, read_body=_is_good)
        if answer.status >= 400:
            raise FetchFailed("status", f"the server answered {answer.status}", answer.status)
        return FetchResponse(answer.url, answer.status, answer.content_type, answer.body)

    async def aclose(self) -> None:
        await self._web.aclose()


def open_sender(
    *, allowed_networks: Iterable[object], connections_max: int, limits: WebLimits = SENDER_LIMITS
) -> CallbackSender:
    """A sender for this running loop; to be closed.

    Args:
        allowed_networks: private IP networks that callbacks may reach.
        connections_max: kept at once.
    """
    policy = TargetPolicy([str(network) for network in allowed_networks])
    return CallbackSender(WebClient(policy, limits._replace(connections_max=connections_max)))


def _is_good(status: int, content_type: str) -> bool:
    return status < 400
