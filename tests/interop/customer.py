"""A customer's web server in a thread: it serves documents and sounds by path, and keeps whatever it was asked.

Owns the address, the answers and what was asked, callbacks among it. Leaves to each test what an answer says and how a
vendor's signature is checked.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Asked(NamedTuple):
    """One request of the server to its customer."""

    method: str
    url: str
    """The whole of it, as the server was given it."""
    headers: Message
    """Found in any letter case."""
    body: bytes

    @property
    def path(self) -> str:
        """Without the query."""
        return urlsplit(self.url).path

    @property
    def form(self) -> dict[str, str]:
        """The parameters of a form; of a GET those in the query. The last counts where a name repeats."""
        text = self.body.decode() if self.method == "POST" else urlsplit(self.url).query
        return dict(parse_qsl(text, keep_blank_values=True))

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Answer(NamedTuple):
    """What the customer says."""

    body: bytes = b""
    content_type: str = "application/xml"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


NOTED = Answer(status=204)
"""What a callback is answered with when nothing else is set."""


class Customer:
    """To be used as a context; or call `close`.

    Attributes:
        url: the address, without a slash at its end.
        asked: every request, in the order in which they came.
        forged: the URLs of those POSTs that `is_genuine` did not accept.
        is_genuine: how a signature is checked; nobody checks unless this is set.
    """

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.forged: list[str] = []
        self.is_genuine: Callable[[Asked], bool] = lambda asked: True
        self._answers: dict[str, Callable[[Asked], Answer]] = {}
        customer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(b"")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"] or 0)))

            def _answer(self, body: bytes) -> None:
                answer = customer._take(Asked(self.command, customer.url + self.path, self.headers, body))
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if answer.status != NOTED.status:
                    self.send_header("Content-Type", answer.content_type)
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *words: Any) -> None:
                """Say nothing."""

        self._web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._web.server_port}"
        self._thread = threading.Thread(target=self._web.serve_forever, args=(0.01,))
        self._thread.start()

    def __enter__(self) -> Customer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._web.shutdown()
        self._thread.join()
        self._web.server_close()

    def answers(self, path: str, answer: Answer | Callable[[Asked], Answer]) -> str:
        """Set what is said at a path from now on, always the same or by what is asked; returns its URL."""
        self._answers[path] = (lambda asked: answer) if isinstance(answer, Answer) else answer
        return self.url + path

    def serves_markup(self, path: str, verbs: str) -> str:
        """Serve a document, all of which but its root is given; returns its URL."""
        return self.answers(path, Answer(f"<Response>{verbs}</Response>".encode()))

    def serves_sound(self, path: str, wav: bytes) -> str:
        """Serve a WAV file; returns its URL."""
        return self.answers(path, Answer(wav, "audio/wav"))

    def wants_password(self, path: str, username: str, password: str, answer: Answer) -> str:
        """Serve something to whoever knows the password, and challenge all others (RFC 7617); returns its URL."""
        token = "Basic " + b64encode(f"{username}:{password}".encode()).decode()
        challenge = Answer(status=401, headers=(("WWW-Authenticate", 'Basic realm="acme"'),))
        return self.answers(
            path, lambda asked: answer if asked.headers["Authorization"] == token else challenge
        )

    def at(self, path: str) -> list[Asked]:
        """What was asked there."""
        return [each for each in list(self.asked) if each.path == path]

    def forms(self, path: str) -> list[dict[str, str]]:
        """The parameters of what was asked there."""
        return [each.form for each in self.at(path)]

    def _take(self, asked: Asked) -> Answer:
        if asked.method == "POST" and not self.is_genuine(asked):
            self.forged.append(asked.url)
        answers = self._answers.get(asked.path)
        answer = NOTED if answers is None else answers(asked)
        self.asked.append(asked)
        return answer
