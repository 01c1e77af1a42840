"""Requests to the server's REST APIs without a socket: the ASGI application is called directly.

Owns the request's bytes and the answer's reading. Leaves time to the loop: a request takes none but what the server
itself waits for.
"""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping, MutableMapping
from contextvars import Context
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from hubbub.web.shell import Shell


@dataclass(frozen=True, slots=True)
class LabResponse:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    """Lower-case names; of a repeated header the last."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)


class LabClient:
    """A client of every dialect at once, with the right credentials for each path.

    Args:
        app: the server's ASGI application.
        base_url: scheme, host and port, as a client would write them.
        credentials: per dialect, as in credentials.json.
        context: in which the server works: by it the lab knows what dies with the server.
    """

    def __init__(
        self,
        app: Shell,
        base_url: str,
        credentials: Mapping[str, Mapping[str, str]],
        context: Context,
    ) -> None:
        self._app = app
        self._context = context
        self._base_url = base_url
        self._credentials = credentials

    def auth_for(self, path: str) -> tuple[str, str] | None:
        """The first account's user name and password in the dialect that a path belongs to."""
        for prefix, dialect in PREFIXES:
            known = self._credentials.get(dialect)
            if path.startswith(prefix) and known is not None:
                if dialect == "bandwidth":
                    return known["username"], known["password"]
                return known["account_sid"], known["auth_token"]
        return None

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        body: bytes = b"",
        content_type: str | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        is_anonymous: bool = False,
    ) -> LabResponse:
        """One request.

        Args:
            path: from the slash on, percent-encoded; a query may follow. An absolute URL of this server does too.
            params: appended to the query.
            form: sent as the body, urlencoded.
            auth: other than the first account's.
            is_anonymous: send no credentials.

        Raises:
            ConnectionResetError: the server died meanwhile.
        """
        path = path.removeprefix(self._base_url)
        path, _, query = path.partition("?")
        if params:
            query = "&".join(filter(None, (query, urlencode(params, doseq=True))))
        if form is not None:
            body, content_type = urlencode(form, doseq=True).encode(), "application/x-www-form-urlencoded"
        lines = {
            "host": self._base_url.partition("//")[2],
            **{k.lower(): v for k, v in (headers or {}).items()},
        }
        if content_type is not None:
            lines["content-type"] = content_type
        if body:
            lines["content-length"] = str(len(body))
        auth = auth or self.auth_for(path)
        if auth is not None and not is_anonymous:
            lines["authorization"] = "Basic " + b64encode(":".join(auth).encode()).decode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in lines.items()],
            "client": ("10.0.0.9", 40000),
            "server": ("10.0.0.1", 8080),
        }
        return await self._call(scope, body)

    async def get(self, path: str, **options: Any) -> LabResponse:
        """A GET; options as in `request`."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, form: Mapping[str, Any] | None = None, **options: Any) -> LabResponse:
        """A POST of a form; options as in `request`."""
        return await self.request("POST", path, form=form, **options)

    async def _call(self, scope: MutableMapping[str, Any], body: bytes) -> LabResponse:
        to_send = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return to_send.pop(0) if to_send else {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        work = asyncio.get_running_loop().create_task(
            self._app(scope, receive, send), context=self._context.copy()
        )
        try:
            await work
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if work.cancelled() and task is not None and not task.cancelling():
                raise ConnectionResetError("the server died") from None
            raise
        start = next(message for message in sent if message["type"] == "http.response.start")
        return LabResponse(
            status=start["status"],
            headers={name.decode().lower(): value.decode() for name, value in start.get("headers", [])},
            body=b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body"),
        )


PREFIXES = (
    ("/2010-04-01/", "twilio"),
    ("/api/v2/", "bandwidth"),
    ("/api/v1/", "bandwidth"),
    ("/restcomm/", "restcomm"),
    ("/2012-04-24/", "restcomm"),
    ("/v1/", "twilio"),
)
"""Where each dialect's paths begin."""
