"""Real SIP peers as child processes: sipp, baresip and linphone. A missing one fails the test that wants it."""

import os
import signal
import socket
import subprocess
from pathlib import Path

from hubbub.audio import g711
from hubbub.audio import wav as wav_format
from hubbub.audio.tones import generate
from interop.conftest import HUBBUB, RunningServer

SIPP_JOIN = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="join and stay">
  <send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "sipp" <sip:sipp[call_number]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: <sip:sipp@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
  <recv response="100" optional="true"></recv>
  <recv response="180" optional="true"></recv>
  <recv response="183" optional="true"></recv>
  <recv response="200" rtd="true" rrs="true"></recv>
  <send><![CDATA[
ACK [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "sipp" <sip:sipp[call_number]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
[routes]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
  <pause/>
  <send retrans="500"><![CDATA[
BYE [next_url] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "sipp" <sip:sipp[call_number]@[local_ip]:[local_port]>;tag=[pid]t[call_number]
To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
[routes]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
  <recv response="200"></recv>
</scenario>
"""


_ANSWER = """
  <send retrans="500"><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[pid]t[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
Content-Type: application/sdp
Content-Length: [len]

v=0
o=user1 53655765 2353687637 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
]]></send>
  <recv request="ACK"></recv>
  <recv request="BYE"></recv>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port];transport=[transport]>
Content-Length: 0

]]></send>
</scenario>
"""


def _sipp_says(status: str, *more: str) -> str:
    lines = "\n".join(more)
    return f"""
  <send><![CDATA[
SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]t[call_number]
[last_Call-ID:]
[last_CSeq:]
{lines}
Content-Length: 0

]]></send>"""


_HEAD = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="answer">
  <recv request="INVITE"></recv>"""
SIPP_ANSWERS = {
    "plainly": _HEAD + _sipp_says("180 Ringing", "Contact: <sip:[local_ip]:[local_port]>") + _ANSWER,
    "after two seconds of ringing": _HEAD
    + _sipp_says("180 Ringing", "Contact: <sip:[local_ip]:[local_port]>")
    + '<pause milliseconds="2000"/>'
    + _ANSWER,
    "for a password": _HEAD
    + _sipp_says(
        "401 Unauthorized",
        'WWW-Authenticate: Digest realm="carrier", nonce="47ebe028cda119c35d4877b383027d28"',
    )
    + """
  <recv request="ACK"></recv>
  <recv request="INVITE">
    <action>
      <verifyauth assign_to="1" username="acme" password="secret" />
    </action>
  </recv>
  <nop condexec="1" condexec_inverse="true"><action><error message="wrong password" /></action></nop>"""
    + _ANSWER,
}
"""How sipp takes calls."""


def _speaking(scenario: str, at: str, folder: Path, tone_hz: float | None) -> str:
    """A scenario of sipp that speaks from a place on: a minute of a tone, over and over. Without a tone it is silent."""
    if tone_hz is None:
        return scenario
    sound = folder / f"sipp-tone-{tone_hz:g}.ulaw"
    sound.write_bytes(g711.encode_samples(g711.ULAW, generate((tone_hz,), 60_000, -20.0)))
    speak = f'<nop><action><exec rtp_stream="{sound},-1,0"/></action></nop>'
    # It streams from a port of its own, which its description has to name.
    return scenario.replace("[auto_media_port]", "[rtpstream_audio_port]").replace(at, speak + at)


def _media_port(tone_hz: float | None) -> list[str]:
    """A port of its own for each sipp that speaks: the streams of all have one SSRC, and from one port the next would
    seem to be the last one, going on after its call."""
    return [] if tone_hz is None else ["-mp", str(free_port())]


def answering_sipp(
    folder: Path, port: int, how: str, *, calls: int, transport: str = "u1", tone_hz: float | None = None
) -> subprocess.Popen[str]:
    """Start sipp: it takes `calls` calls at `port` of this machine, one of `SIPP_ANSWERS`, until each is hung up."""
    scenario = folder / "answer.xml"
    scenario.write_text(_speaking(SIPP_ANSWERS[how], '<recv request="BYE">', folder, tone_hz))
    words = [
        "timeout",
        "--foreground",
        "100",
        "sipp",
        "-sf",
        str(scenario),
        "-t",
        transport,
        "-i",
        "127.0.0.1",
    ]
    words += [
        "-p",
        str(port),
        "-m",
        str(calls),
        *_media_port(tone_hz),
        "-nostdin",
        "-trace_err",
        "-error_file",
        str(folder / "sipp-errors.log"),
    ]
    return subprocess.Popen(
        words,
        cwd=folder,
        stdout=output_file(folder),
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def output_file(folder: Path) -> int:
    """A descriptor to write a child's output to, in `folder`/output.log; a pipe that nobody reads would block it.

    It belongs to the child: ours is closed when the interpreter forgets the number, at the end of the test run.
    """
    return os.open(folder / "output.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def output(folder: Path) -> str:
    """What the children in `folder` have said."""
    return (folder / "output.log").read_text(errors="replace")


def hang_up(softphone: subprocess.Popen[str]) -> None:
    """End a softphone and all it started, as a person closing it would; it says goodbye, writes its files and goes."""
    if softphone.poll() is None:
        if isinstance(softphone.args, list) and softphone.args[0] == "timeout":
            # It passes the signal on. A second one would make baresip leave without a word.
            softphone.terminate()
        else:
            os.killpg(softphone.pid, signal.SIGTERM)
        softphone.wait(timeout=20)


def free_port() -> int:
    """A port of this machine that nobody uses, for UDP and TCP alike; nor the one above, where baresip has its TLS."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
            stream.bind(("127.0.0.1", 0))
            port: int = stream.getsockname()[1]
            with (
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
                socket.socket(socket.AF_INET, socket.SOCK_STREAM) as above,
            ):
                try:
                    datagrams.bind(("127.0.0.1", port))
                    above.bind(("127.0.0.1", port + 1))
                except (OSError, OverflowError):
                    continue
            return port


def sipp(
    folder: Path,
    host: str,
    port: int,
    room: str,
    *,
    calls: int = 1,
    rate: int = 10,
    stay_ms: int = 1000,
    transport: str = "u1",
    tone_hz: float | None = None,
) -> subprocess.Popen[str]:
    """Start sipp: `calls` calls into `room` at `rate` a second, each staying so long, silent or with a tone."""
    scenario = folder / "join.xml"
    scenario.write_text(_speaking(SIPP_JOIN, "<pause/>", folder, tone_hz))
    return subprocess.Popen(
        [
            "timeout",
            "--foreground",
            "100",
            "sipp",
            f"{host}:{port}",
            "-sf",
            str(scenario),
            "-s",
            room,
            "-t",
            transport,
            "-i",
            "127.0.0.1",
            "-m",
            str(calls),
            "-r",
            str(rate),
            "-l",
            "100000",
            "-d",
            str(stay_ms),
            *_media_port(tone_hz),
            "-nostdin",
            "-trace_err",
            "-error_file",
            str(folder / "sipp-errors.log"),
        ],
        cwd=folder,
        stdout=output_file(folder),
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def tone_wav(path: Path, tone_hz: float, duration_s: float) -> Path:
    """A WAV file (8 kHz mono) with one tone at -20 dBFS."""
    path.write_bytes(wav_format.write_wav(generate((tone_hz,), int(duration_s * 1000), -20.0)))
    return path


def baresip(
    folder: Path, target: str, *, sip_port: int, rtp_ports: str, tone_hz: float, seconds: int
) -> subprocess.Popen[str]:
    """Start baresip: it dials `target`, plays a tone and dumps what it hears as WAV into `folder`/dump."""
    account = f"<sip:bs@127.0.0.1:{sip_port}>;regint=0;catchall=yes"
    home = _baresip_home(
        folder, account, sip_port=sip_port, rtp_ports=rtp_ports, tone_hz=tone_hz, seconds=seconds
    )
    return _baresip(folder, home, seconds, "-e", f"/dial {target}")


def registered_baresip(
    folder: Path,
    registrar: str,
    user: str,
    password: str,
    *,
    sip_port: int,
    rtp_ports: str,
    tone_hz: float,
    seconds: int,
    transport: str = "udp",
    answers: bool = True,
) -> subprocess.Popen[str]:
    """Start baresip: it registers as `user` at `registrar` (host:port), answers every call (or lets every call ring),
    plays a tone and dumps what it hears as WAV into `folder`/dump."""
    mode = "auto" if answers else "manual"
    account = f"<sip:{user}@{registrar};transport={transport}>;auth_user={user};auth_pass={password};regint=120;answermode={mode}"
    home = _baresip_home(
        folder, account, sip_port=sip_port, rtp_ports=rtp_ports, tone_hz=tone_hz, seconds=seconds
    )
    return _baresip(folder, home, seconds)


def _baresip_home(
    folder: Path, account: str, *, sip_port: int, rtp_ports: str, tone_hz: float, seconds: int
) -> Path:
    home, dump = folder / "bs", folder / "dump"
    home.mkdir()
    dump.mkdir()
    modules = subprocess.run(
        "dpkg -L baresip-core | grep 'modules$'", shell=True, capture_output=True, text=True, check=True
    ).stdout.strip()
    wav = tone_wav(folder / "baresip-tone.wav", tone_hz, seconds + 5)
    (home / "contacts").write_text("")
    (home / "accounts").write_text(f"{account};audio_codecs=PCMU/8000/1,PCMA/8000/1\n")
    (home / "config").write_text(
        "\n".join(
            [
                f"sip_listen 127.0.0.1:{sip_port}",
                "net_interface 127.0.0.1",
                f"rtp_ports {rtp_ports}",
                f"audio_source aufile,{wav}",
                "ausrc_srate 8000",
                "auplay_srate 8000",
                "ausrc_channels 1",
                "auplay_channels 1",
                f"module_path {modules}",
                "module g711.so",
                "module aufile.so",
                "module sndfile.so",
                f"snd_path {dump}",
                "module_tmp account.so",
                "module_app menu.so",
                "",
            ]
        )
    )
    return home


def _baresip(folder: Path, home: Path, seconds: int, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["timeout", "--foreground", str(seconds + 20), "baresip", "-f", str(home), *more, "-t", str(seconds)],
        cwd=folder,
        stdout=output_file(folder),
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def our_call(
    server: RunningServer, room: str, folder: Path, tone_hz: float, seconds: int, *more: str
) -> subprocess.Popen[str]:
    """`hubbub call` as a user runs it."""
    return subprocess.Popen(
        [
            str(HUBBUB),
            "call",
            f"sip:{room}@{server.sip_host}:{server.sip_port}",
            "--play",
            str(tone_wav(folder / f"tone-{tone_hz}.wav", tone_hz, seconds)),
            "--record",
            str(folder / f"heard-{tone_hz}.wav"),
            "--seconds",
            str(seconds),
            *more,
        ],
        stdout=output_file(folder),
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def linphone(
    folder: Path, target: str, *, sip_port: int, tone_hz: float, seconds: int, record: Path
) -> subprocess.Popen[str]:
    """Start linphonec: it dials `target`, plays a tone and records what it hears."""
    home = folder / "lp"
    (home / ".local/share/linphone").mkdir(parents=True)
    wav = tone_wav(folder / "linphone-tone.wav", tone_hz, seconds + 5)
    (home / "linphonerc").write_text(
        f"[sip]\nsip_port={sip_port}\nsip_tcp_port=0\nsip_tls_port=0\nuse_ipv6=0\nipv6_migration_done=1\n"
        "[video]\nenabled=0\n[rtp]\naudio_rtp_port=9700\n"
    )
    script = (
        f'(sleep 1; echo "soundcard use files"; echo "play {wav}"; sleep 1; echo "record {record}"; '
        f'echo "call {target}"; sleep {seconds}; echo terminate; sleep 1; echo quit; sleep 1) '
        f"| HOME={home} timeout --foreground {seconds + 20} linphonec -c {home}/linphonerc"
    )
    return subprocess.Popen(
        script,
        shell=True,
        cwd=folder,
        stdout=output_file(folder),
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
