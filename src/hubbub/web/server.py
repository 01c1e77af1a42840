"""Runs the application on uvicorn, inside the event loop that is already running.

Owns the listening socket and the graceful stop. Leaves signals to `bootstrap`: uvicorn's own handlers are
switched off, because the server drains calls before it stops HTTP.
"""

import asyncio
import contextlib
import socket
from collections.abc import Generator, Sequence

import uvicorn

from hubbub.web.settings import WebSettings
from hubbub.web.shell import Shell
from hubbub.web.tls import ServerCertificate
from hubbub.web.wire import protocol_for

BACKLOG = 2048


class _Server(uvicorn.Server):
    """uvicorn without signal handlers, that says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


class WebServer:
    """One listening address."""

    def __init__(
        self,
        shell: Shell,
        settings: WebSettings,
        *,
        grace_s: float = 5.0,
        certificate: ServerCertificate | None = None,
    ) -> None:
        """
        Args:
            grace_s: how long `stop` waits for requests in progress.
            certificate: speak TLS with it; None: plain HTTP.
        """
        config = uvicorn.Config(
            shell,
            http=protocol_for(shell, settings.limits),
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            # Its warnings are about clients that speak no HTTP: those are counted, not logged.
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=settings.limits.idle_timeout_s,  # type: ignore[arg-type]  # any number of seconds
            timeout_graceful_shutdown=grace_s,  # type: ignore[arg-type]  # any number of seconds
        )
        if certificate is not None:
            # Given as a context, since files given as names are read once and never again.
            config.load()
            config.ssl = certificate.context
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def connections(self) -> int:
        """Open connections."""
        return len(self._server.server_state.connections)

    async def start(self, host: str, port: int) -> int:
        """Listen. Returns the port, which is another one when `port` is 0.

        Raises:
            OSError: the address cannot be had.
        """
        listener = open_listener(host, port)
        actual: int = listener.getsockname()[1]
        await self.serve(listener)
        return actual

    async def serve(self, listener: socket.socket) -> None:
        """Listen on a bound socket, which is closed with the server.

        Raises:
            OSError: the server did not start.
        """
        self._task = asyncio.create_task(self._server.serve([listener]), name="web server")
        listening = asyncio.create_task(self._server.listening.wait())
        await asyncio.wait({self._task, listening}, return_when=asyncio.FIRST_COMPLETED)
        if not listening.done():
            listening.cancel()
            listener.close()
            self._task.result()
            raise OSError("the web server did not start")

    async def stop(self) -> None:
        """Take no more connections, finish what is being answered, close the rest."""
        if self._task is None:
            return
        self._server.should_exit = True
        await self._task
        self._task = None


def open_listener(host: str, port: int) -> socket.socket:
    """A bound TCP socket for an IPv4 or IPv6 address or a name. Raises OSError."""
    found: Sequence[tuple[int, int, int, str, tuple[object, ...]]] = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, _, _, _, address = found[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
