"""Bandwidth's libraries for Python and for Node, as hands. Of both only the base URL is changed.

Each gets its access token by itself, from a client id and a secret. A call of theirs is told by its operation id in the
vendor's description, the ids in its path, and its `body` with the keys that go over the wire.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bandwidth import ApiClient, CallsApi, ConferencesApi, Configuration, RecordingsApi, TranscriptionsApi
from bandwidth.exceptions import ApiException

from interop.hands import Hand, NodeHand, Refused, Wish

PROGRAM = Path(__file__).parent / "node_bandwidth" / "hand.mjs"


class PypiHand:
    """The library of PyPI."""

    def __init__(self, base: str, client_id: str, client_secret: str, account: str) -> None:
        self._account = account
        self._client = ApiClient(
            Configuration(
                client_id=client_id,
                client_secret=client_secret,
                access_token_url=f"{base}/api/v1/oauth2/token",
                host=f"{base}/api/v2",
                ignore_operation_servers=True,
            )
        )
        kinds = (CallsApi, ConferencesApi, RecordingsApi, TranscriptionsApi)
        self._apis = [kind(self._client) for kind in kinds]

    def __call__(self, do: str, *where: str, **parameters: Any) -> Any:
        name = re.sub("([A-Z])", lambda letter: "_" + letter[1].lower(), do) + "_with_http_info"
        [ask] = [getattr(api, name) for api in self._apis if hasattr(api, name)]
        try:
            answer = ask(self._account, *where, *parameters.values())
        except ApiException as error:
            raise Refused(error.status, json.loads(error.body)["type"]) from None
        if do.startswith("download"):
            return base64.b64encode(answer.data).decode()
        return json.loads(answer.raw_data) if answer.raw_data else None

    def at_once(self, *wishes: Wish) -> list[Any]:
        with ThreadPoolExecutor(len(wishes)) as threads:
            return list(threads.map(self._outcome, wishes))

    def close(self) -> None:
        self._client.rest_client.pool_manager.clear()

    def _outcome(self, wish: Wish) -> Any:
        try:
            return self(wish.do, *wish.where, **wish.parameters)
        except Refused as refused:
            return refused


HANDS: dict[str, Callable[[str, str, str, str], Hand]] = {
    "python": PypiHand,
    "node": lambda *words: NodeHand(PROGRAM, *words),
}
"""Made of the base URL, a client id, its secret and the account's number."""
