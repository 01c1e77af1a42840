"""The real world: the system's clock and chance, the compiled media plane, the network, the directory on disk."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from hubbub.bootstrap import start_server
from hubbub.clips import ClipLimits, open_clips
from hubbub.clock import SystemClock
from hubbub.config import Settings, SettingsError, parse_address, parse_networks, parse_range
from hubbub.entropy import SystemEntropy
from hubbub.logs import open_log
from hubbub.media import MediaSettings, open_plane, warm_up
from hubbub.own_url import own_url
from hubbub.recordings import ObjectStoreSettings, RecordingLibrary, open_recordings
from hubbub.server import Server, World, calm_the_collector
from hubbub.services.ports import Log
from hubbub.storage import open_store
from hubbub.web.server import open_listener
from hubbub.webhooks.fetcher import open_fetcher
from hubbub.webhooks.sender import SENDER_LIMITS, open_sender
from hubbub.webhooks.web_client import DEFAULT_LIMITS


async def start_real_server(settings: Settings, say: Callable[[str], None]) -> Server:
    """Start a server that listens. `say` tells people what is happening.

    Raises:
        OSError: an address cannot be listened on.
    """
    folder = Path(settings.data)
    warm_up(say)
    entropy = SystemEntropy()
    log = open_log(settings.log_level, settings.log_format)
    store = open_store(folder, entropy=entropy, durability=settings.durability, serving=True)
    try:
        fetcher = open_fetcher(
            allowed_networks=parse_networks(settings.fetch_networks, "fetch_networks"),
            log=log,
            limits=DEFAULT_LIMITS._replace(preemptive_basic=settings.preemptive_login),
        )
        sender = open_sender(
            allowed_networks=parse_networks(settings.fetch_networks, "fetch_networks"),
            connections_max=settings.callbacks_max,
            limits=SENDER_LIMITS._replace(preemptive_basic=settings.preemptive_login),
        )
        clips = open_clips(
            fetcher,
            program=settings.speech_program,
            log=log,
            limits=ClipLimits(file_bytes_max=settings.clip_bytes_max),
        )
        world = World(
            clock=SystemClock(),
            entropy=entropy,
            log=log,
            store=store,
            media=open_plane(media_settings(settings), log),
            fetcher=fetcher,
            sender=sender,
            clips=clips,
            recordings=recordings_of(settings, log),
            credentials_folder=folder,
            closing=(clips.aclose, fetcher.aclose, sender.aclose),
        )
        # Bound before anything runs: what is told of this server from its first moment on names its port.
        listener = open_listener(*parse_address(settings.http, "http"))
        try:
            http_port = listener.getsockname()[1]
            _warn_of_guess(settings, http_port, log)
            server = await start_server(settings, world, say, http_port)
            await server.listen_http(listener)
        except BaseException:
            listener.close()
            raise
    except BaseException:
        await store.aclose()
        raise
    asyncio.get_running_loop().call_soon(calm_the_collector)
    return server


def _warn_of_guess(settings: Settings, http_port: int, log: Log) -> None:
    guess = own_url(settings, http_port)
    if guess.is_guess:
        log.warning("customers are told a guessed address of this server: set --public-url", url=guess.url)


def recordings_of(settings: Settings, log: Log) -> RecordingLibrary:
    """The recordings on the disk, and in the object store of the settings."""
    folder = Path(settings.recordings) if settings.recordings else Path(settings.data) / "recordings"
    if not settings.recordings_store:
        return open_recordings(folder, log)
    store = ObjectStoreSettings(
        settings.recordings_store,
        settings.recordings_store_key,
        settings.recordings_store_secret,
        settings.recordings_store_region,
    )
    try:
        return open_recordings(folder, log, store)
    except ModuleNotFoundError as error:
        raise SettingsError("recordings_store: install hubbub[s3] first") from error


def media_settings(settings: Settings) -> MediaSettings:
    host, first, last = parse_range(settings.rtp)
    return MediaSettings(
        host=host,
        advertised_host=settings.advertised_host or None,
        rtp_port_first=first,
        rtp_port_last=last,
        ports_max=settings.ports_max,
        taps_max=settings.taps_max,
        media_timeout_ms=int(settings.media_silence_s * 1000),
        busy_share_max=settings.busy_share_max,
    )
