"""What a client library really sent: a relay between it and the server that keeps every request.

The library is pointed at the relay as it would be at the server, by its base URL. Owns what passed; what it makes up
of a dialect is in `driven`. Each connection carries one request.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import httpx

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding"}
)
"""Headers that are between two neighbours (RFC 9110 §7.6.1), and those that change with the body's encoding."""


class Passed(NamedTuple):
    """One request and how it was answered."""

    method: str
    path: str
    """Without the query."""
    body: bytes
    status: int

    @property
    def parameters(self) -> frozenset[str]:
        """The names in the form that was sent."""
        return frozenset(name for name, _ in parse_qsl(self.body.decode(), keep_blank_values=True))


class Wiretap:
    """To be used as a context.

    Args:
        server: the URL of the server, without a slash at its end.

    Attributes:
        url: what the library is given instead.
        passed: every request, in the order of their answers.
    """

    def __init__(self, server: str) -> None:
        self.passed: list[Passed] = []
        self._upstream = httpx.Client(base_url=server, timeout=30)
        wiretap = self

        class Handler(BaseHTTPRequestHandler):
            def _relay(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"] or 0))
                headers = [(k, v) for k, v in self.headers.items() if k.lower() not in HOP_BY_HOP]
                answer = wiretap._upstream.request(self.command, self.path, headers=headers, content=body)
                path = self.path.partition("?")[0]
                wiretap.passed.append(Passed(self.command, path, body, answer.status_code))
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in HOP_BY_HOP:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _relay  # noqa: N815 - as http.server calls them

            def log_message(self, *words: Any) -> None:
                """Say nothing."""

        self._web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._web.server_port}"
        self._thread = threading.Thread(target=self._web.serve_forever, args=(0.01,))

    def __enter__(self) -> Wiretap:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._web.shutdown()
        self._thread.join()
        self._web.server_close()
        self._upstream.close()
