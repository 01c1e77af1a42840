"""`hubbub serve`: the server, until it is told to stop."""

import asyncio
import dataclasses
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import click

from hubbub.config import Settings, SettingsError, load
from hubbub.server import Server
from hubbub.world import start_real_server


def _settings_options(function: Callable[..., None]) -> Callable[..., None]:
    types = get_type_hints(Settings)
    for item in reversed(dataclasses.fields(Settings)):
        flag = "--" + item.name.replace("_", "-")
        shown = f" [default: {item.default}]" if item.default != "" else ""
        kind = types[item.name]
        function = click.option(
            flag,
            item.name,
            default=None,
            type=kind if kind is not bool else click.BOOL,
            help=item.metadata["help"].replace("\b", "") + shown,
        )(function)
    return function


@click.command()
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file of settings; flags and HUBBUB_… variables win over it.",
)
@_settings_options
def serve(settings_file: Path | None, **flags: Any) -> None:
    """Run the server. Prints one line `ready http=… sip=…` when it serves; SIGTERM ends calls, then itself; SIGHUP
    reads the certificate again.

    The first start creates an account and writes its credentials to DATA/credentials.json.

    \b
    hubbub serve
    hubbub serve --http 0.0.0.0:8080 --sip 192.0.2.10:5060 --rtp 192.0.2.10:10000-19999 --data /var/lib/hubbub
    """
    try:
        settings = load(flags, file=settings_file)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    run_server(settings, _print_ready)


def _print_ready(server: Server) -> None:
    click.echo(f"ready http={server.http_url} sip={server.sip_uri}")


def run_server(settings: Settings, ready: Callable[[Server], None]) -> None:
    """Serve until SIGTERM or SIGINT; returns when everything is closed."""
    import uvloop  # imported here: only a running server needs it

    uvloop.run(_serve(settings, ready))


async def _serve(settings: Settings, ready: Callable[[Server], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        server = await start_real_server(settings, lambda line: click.echo(line, err=True))
    except OSError as error:
        raise click.ClickException(f"cannot listen: {error}") from None
    loop.add_signal_handler(signal.SIGHUP, server.reload)
    try:
        ready(server)
        await stop.wait()
    finally:
        await server.drain()
