"""The server that runs: what it is made of, and how it stops, listens to HTTP and reads its certificate again.

Owns the order of stopping. `bootstrap` builds it; what differs between the real world and the lab (the clock, chance,
the media plane, the ways to customers and to speech) comes in as a `World`.
"""

import gc
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hubbub.config import Settings
from hubbub.endpoints.sip.endpoint import SipEndpoint
from hubbub.keeping import Keeping
from hubbub.services.calls.control_calls import ControlCalls
from hubbub.services.calls.live_calls import LiveCalls
from hubbub.services.calls.place_call import PlaceCall
from hubbub.services.ports import ClipSource, Clock, DocumentFetcher, Entropy, Log, MediaPlane, Store
from hubbub.services.recordings.recording_files import RecordingFiles
from hubbub.services.rooms.live_rooms import LiveRooms
from hubbub.telling import Telling
from hubbub.web.server import WebServer
from hubbub.web.settings import WebLimits, WebSettings
from hubbub.web.shell import Shell
from hubbub.web.tls import ServerCertificate


@dataclass(frozen=True, slots=True)
class World:
    """Everything outside the server. The real one is made by `world.start_real_server`; the lab makes its own."""

    clock: Clock
    entropy: Entropy
    log: Log
    store: Store
    media: MediaPlane
    fetcher: DocumentFetcher
    clips: ClipSource
    recordings: RecordingFiles
    sender: DocumentFetcher | None = None
    """Brings callbacks to customers; None: the fetcher does."""
    credentials_folder: Path | None = None
    """Where a first account's secrets are written; None: nowhere."""
    closing: tuple[Callable[[], Awaitable[None]], ...] = ()
    """Called when the server is closed, before the media plane and the store are."""


class Server:
    """A server that is running."""

    def __init__(
        self,
        settings: Settings,
        world: World,
        shell: Shell,
        sip: SipEndpoint,
        control: ControlCalls,
        calls: LiveCalls,
        rooms: LiveRooms,
        place: PlaceCall,
        telling: Telling,
        keeping: Keeping,
        http_url: str,
    ) -> None:
        self.settings = settings
        self.world = world
        self.shell = shell
        self.sip = sip
        self.control = control
        self.calls = calls
        self.rooms = rooms
        self.place = place
        self.telling = telling
        self.keeping = keeping
        self.draining = False
        self.http_url = http_url
        self.sip_uri = ""
        self._web: WebServer | None = None
        self._certificate: ServerCertificate | None = None

    async def drain(self) -> None:
        """Take no more calls, end those there are, write how they ended, and close everything."""
        self.draining = True
        await self.control.drain(lambda: self.world.clock.sleep(self.settings.drain_s))
        await self.telling.aclose(self.settings.drain_s)
        await self.close()

    async def close(self) -> None:
        """Close everything without ceremony; what was open is closed at the next start."""
        self.telling.end_streams()
        if self._web is not None:
            await self._web.stop()
        await self.telling.aclose()
        await self.sip.aclose()
        await self.keeping.aclose()
        for close in self.world.closing:
            await close()
        await self.world.media.aclose()
        await self.world.store.aclose()

    async def listen_http(self, listener: socket.socket) -> None:
        """Open the REST APIs on a bound socket. The lab leaves this out and calls the shell directly."""
        if self.settings.tls_certificate:
            self._certificate = ServerCertificate(
                Path(self.settings.tls_certificate), Path(self.settings.tls_key)
            )
        self._web = WebServer(self.shell, web_settings(self.settings), certificate=self._certificate)
        await self._web.serve(listener)

    def reload(self) -> None:
        """Read again what may change while the server runs: the certificate. One that cannot be used is told,
        and the old one stays."""
        if self._certificate is None:
            return
        try:
            self._certificate.reload()
        except OSError as error:
            self.world.log.error("the certificate stays as it was", why=str(error))
        else:
            self.world.log.info("certificate read again", certificate=self.settings.tls_certificate)

    def readiness(self) -> Mapping[str, bool]:
        return {"serving": not self.draining, "sip": self.sip.is_listening}


def web_settings(settings: Settings) -> WebSettings:
    return WebSettings(
        base_url=settings.public_url,
        limits=WebLimits(
            body_bytes_max=settings.request_bytes_max,
            parameters_max=settings.parameters_max,
            header_timeout_s=settings.request_timeout_s,
            body_timeout_s=settings.request_timeout_s,
            requests_max=settings.requests_max,
            auth_failures_max=settings.login_failures_max,
            idempotency_keep_s=settings.idempotency_keep_s,
        ),
    )


def calm_the_collector() -> None:
    """Take what was built at the start out of the collector's sight, and let it pass less often.

    A full pass over a busy server's heap is a pause of the API and 15 % of a call's CPU; hardly anything here
    is cyclic garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
