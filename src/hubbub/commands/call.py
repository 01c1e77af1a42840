"""`hubbub call`: a SIP caller for scripts and tests."""

import sys
from pathlib import Path

import click
import uvloop

from hubbub.audio import wav
from hubbub.phone.phone import PhoneSettings
from hubbub.phone.script import CallReport, CallScript, local_host, run_call
from hubbub.phone.sounds import Sound, recording, tone
from hubbub.protocol.sip.errors import SipParseError
from hubbub.protocol.sip.uri import SipUri, parse_uri


@click.command()
@click.argument("target")
@click.option("--play", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="WAV file to say.")
@click.option("--tone", "tone_hz", type=click.IntRange(50, 3900), help="Say a tone of so many hertz instead.")
@click.option("--loop", is_flag=True, help="Say the file again and again.")
@click.option(
    "--record", type=click.Path(dir_okay=False, path_type=Path), help="Write what is heard to this WAV file."
)
@click.option("--digits", default="", help="Keys to press a second after the answer, as in 5#.")
@click.option("--info", is_flag=True, help="Press keys by SIP INFO instead of telephone events.")
@click.option(
    "--seconds", default=20.0, show_default=True, help="Hang up so long after the answer; 0: never."
)
@click.option(
    "--ring", default=60.0, show_default=True, help="Give up if nobody answers for so long, seconds."
)
@click.option(
    "--from", "user", default="caller", show_default=True, help="User part of the caller's address."
)
@click.option("--username", help="User name for digest authentication.")
@click.option("--password", help="Password for digest authentication.")
@click.option("--codec", type=click.Choice(("PCMU", "PCMA")), help="Offer only this codec.")
@click.option("--local", help="Address of this machine to call from. Default: the one that reaches TARGET.")
def call(
    target: str,
    play: Path | None,
    tone_hz: int | None,
    loop: bool,
    record: Path | None,
    digits: str,
    info: bool,
    seconds: float,
    ring: float,
    user: str,
    username: str | None,
    password: str | None,
    codec: str | None,
    local: str | None,
) -> None:
    """Call TARGET (sip:ROOM@HOST[:PORT]), speak, press keys, record, hang up, and say what came of it.

    The exit status is 0 if the call was answered, 1 if not.

    \b
    hubbub call sip:standup@127.0.0.1
    hubbub call sip:standup@127.0.0.1 --play hello.wav --record heard.wav --digits 5# --seconds 20
    hubbub call sip:standup@127.0.0.1 --tone 440 --seconds 5
    """
    try:
        sound = _sound(play, tone_hz, loop)
        uri = parse_uri(target if ":" in target else f"sip:{target}")
    except (wav.WavRefused, SipParseError) as error:
        raise click.ClickException(str(error)) from None
    if not isinstance(uri, SipUri):
        raise click.ClickException(f"{target}: a sip: address is wanted")
    script = CallScript(
        target=str(uri),
        seconds=seconds or None,
        play=sound,
        digits=digits,
        digits_by_info=info,
        ring_s=ring,
    )
    settings = PhoneSettings(
        user=user,
        codecs=(codec,) if codec else ("PCMU", "PCMA"),
        username=username,
        password=password,
    )
    try:
        report = uvloop.run(_call(script, settings, uri, local))
    except (ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if record is not None and report.is_answered:
        record.write_bytes(wav.write_wav(report.heard))
    click.echo(report.summary())
    sys.exit(report.exit_status)


def _sound(play: Path | None, tone_hz: int | None, loop: bool) -> Sound | None:
    if tone_hz is not None:
        return tone(tone_hz)
    if play is None:
        return None
    said = recording(play.read_bytes(), str(play))
    return Sound(said.pcm, is_loop=True, name=said.name) if loop else said


async def _call(script: CallScript, settings: PhoneSettings, uri: SipUri, local: str | None) -> CallReport:
    host = local or await local_host(uri.host.strip("[]"), uri.port or 5060)
    return await run_call(script, host=host, settings=settings)
