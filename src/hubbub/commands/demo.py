"""`hubbub demo`: the server, three callers in one room, and lines to paste."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from random import SystemRandom

import click
import numpy as np
import uvloop

from hubbub.audio import wav
from hubbub.config import Settings, SettingsError, load
from hubbub.credentials import read_credentials
from hubbub.domain.errors import InvalidValue
from hubbub.phone.phone import Phone, PhoneSettings
from hubbub.phone.sounds import Sound, tone
from hubbub.server import Server
from hubbub.services.ports import ClipSource
from hubbub.world import start_real_server

ROOM = "standup"
CALLERS = (
    ("alice", "en-gb+f3", "Hello, this is Alice. The build is green.", 440),
    ("bob", "en-us+m3", "Morning, Bob here. I am writing the release notes.", 670),
    ("carol", "en-gb-scotland+f4", "Carol speaking. I can hear both of you.", 980),
)


@click.command()
@click.option("--data", default="hubbub-data", show_default=True, help="Directory of the server.")
@click.option(
    "--http", default="127.0.0.1:8080", show_default=True, help="Address of the REST APIs; port 0: any."
)
@click.option("--sip", default="127.0.0.1:5060", show_default=True, help="Address of SIP; port 0: any.")
@click.option("--rtp", default="127.0.0.1:10000-19999", show_default=True, help="Address and ports of RTP.")
@click.option(
    "--seconds",
    type=float,
    help="Stop after so long. Default: until interrupted, or at once without a terminal.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what Alice hears to this WAV file.",
)
def demo(data: str, http: str, sip: str, rtp: str, seconds: float | None, record: Path | None) -> None:
    """Serve, let three callers meet in the room "standup" by real SIP and RTP, and print curl lines that list it.

    \b
    hubbub demo
    hubbub demo --seconds 10 --record heard.wav
    """
    try:
        settings = load({"data": data, "http": http, "sip": sip, "rtp": rtp})
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if seconds is None and not sys.stdout.isatty():
        seconds = 10.0
    uvloop.run(_demo(settings, seconds, record))


async def _demo(settings: Settings, seconds: float | None, record: Path | None) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        server = await start_real_server(settings, lambda line: click.echo(line, err=True))
    except OSError as error:
        raise click.ClickException(f"cannot listen: {error}") from None
    phones: list[Phone] = []
    try:
        click.echo(f"ready http={server.http_url} sip={server.sip_uri}")
        phones = await _callers(server)
        click.echo(_lines(server))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
        if record is not None:
            heard = phones[0].heard_pcm(min(seconds or 20.0, 60.0))
            record.write_bytes(wav.write_wav(heard))
            loudness = 20 * np.log10(max(1.0, float(np.abs(heard.astype(np.int32)).max(initial=0))) / 32768)
            click.echo(f"what Alice heard is in {record} (loudest sample {loudness:.1f} dBFS)")
    finally:
        await asyncio.gather(*(phone.close() for phone in phones))
        await server.drain()


async def _callers(server: Server) -> list[Phone]:
    host = server.sip_uri.removeprefix("sip:").rsplit(":", 1)[0].strip("[]")
    phones = []
    for name, voice, text, hertz in CALLERS:
        phone = await Phone.open(PhoneSettings(user=name, display_name=name.title()), SystemRandom(), host)
        phone.says(await _voice(server.world.clips, voice, text, hertz))
        await phone.dials(f"sip:{ROOM}@{server.sip_uri.removeprefix('sip:')}")
        click.echo(f"{name} calls and is in the room {ROOM}")
        phones.append(phone)
    return phones


async def _voice(clips: ClipSource, voice: str, text: str, hertz: int) -> Sound:
    """The sentence again and again with a pause between; a tone where nothing can speak."""
    try:
        clip = await clips.speak(text, voice=voice, language="en")
    except InvalidValue:
        return tone(hertz)
    pcm = np.frombuffer(clip.pcm, dtype="<i2").astype(np.int16)
    return Sound(np.concatenate([pcm, np.zeros(8000, np.int16)]), is_loop=True, name=text)


def _lines(server: Server) -> str:
    try:
        who = read_credentials(Path(server.settings.data))
    except FileNotFoundError:
        return f"\n{server.settings.data}/credentials.json is gone: use the credentials of your accounts with {server.http_url}"
    twilio, bandwidth, restcomm = who["twilio"], who["bandwidth"], who["restcomm"]
    sid = twilio["account_sid"]
    base = server.http_url
    return f"""
The same room in three vendors' words; paste a line into another terminal:

  Twilio      curl -u {sid}:{twilio["auth_token"]} '{base}/2010-04-01/Accounts/{sid}/Conferences.json'
  Bandwidth   curl -u {bandwidth["username"]}:{bandwidth["password"]} '{base}/api/v2/accounts/{bandwidth["account_id"]}/conferences?name={ROOM}'
  Restcomm    curl -u {sid}:{restcomm["auth_token"]} '{base}/restcomm/2012-04-24/Accounts/{sid}/Conferences.json'

Join them with a softphone on this machine: {server.sip_uri.replace("sip:", f"sip:{ROOM}@")}
or with:  hubbub call {server.sip_uri.replace("sip:", f"sip:{ROOM}@")} --record heard.wav --seconds 10
"""
