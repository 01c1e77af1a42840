"""Twilio's libraries for Python and for Node, as hands. Of both only the base URL is changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from interop.hands import Hand, NodeHand, Refused, Wish

PROGRAM = Path(__file__).parent / "node_twilio" / "hand.mjs"


class PythonHand:
    """The library of PyPI."""

    def __init__(self, base: str, account_sid: str, auth_token: str) -> None:
        self._client = Client(account_sid, auth_token)
        self._client.api.base_url = base
        self._base = base

    def __call__(self, do: str, *where: str, **parameters: Any) -> Any:
        if do == "request":
            return self._request(*where, **parameters)
        *nouns, verb = do.split(".")
        found: Any = self._client
        for place, noun in enumerate(nouns):
            found = getattr(found, noun)
            if place < len(where):
                found = found(where[place])
        try:
            return _fields(getattr(found, verb)(**parameters))
        except TwilioRestException as error:
            raise Refused(error.status, error.code) from None

    def at_once(self, *wishes: Wish) -> list[Any]:
        with ThreadPoolExecutor(len(wishes)) as threads:
            return list(threads.map(self._outcome, wishes))

    def close(self) -> None:
        self._client.http_client.session.close()

    def _request(self, method: str, path: str, **form: str) -> Any:
        answer = self._client.request(method, self._base + path, data=form)
        body = json.loads(answer.text)
        if answer.status_code >= 400:
            raise Refused(answer.status_code, body.get("code"))
        return body

    def _outcome(self, wish: Wish) -> Any:
        try:
            return self(wish.do, *wish.where, **wish.parameters)
        except Refused as refused:
            return refused


def _fields(answer: Any) -> Any:
    if isinstance(answer, list):
        return [_fields(each) for each in answer]
    if isinstance(answer, bool):
        return answer
    return {name: value for name, value in vars(answer).items() if not name.startswith("_")}


HANDS: dict[str, Callable[[str, str, str], Hand]] = {
    "python": PythonHand,
    "node": lambda *words: NodeHand(PROGRAM, *words),
}
"""Made of the base URL, the account's SID and its token."""
