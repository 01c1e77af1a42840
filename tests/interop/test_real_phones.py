"""Real phones in one room: sipp, baresip, linphone and our own caller. Each hears the others and not itself."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from hubbub.audio import wav
from hubbub.audio.ears import Heard, hear
from interop.conftest import RunningServer, everybody, open_files, wait_until
from interop.peers import baresip, free_port, hang_up, linphone, our_call, output, sipp

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

BARESIP_HZ, LINPHONE_HZ, HUBBUB_HZ = 440, 670, 980


def participants(server: RunningServer, room: str) -> list[dict[str, object]]:
    """Those in the live room, by Twilio's API."""
    who = server.credentials["twilio"]
    auth = (who["account_sid"], who["auth_token"])
    base = f"{server.http}/2010-04-01/Accounts/{who['account_sid']}/Conferences"
    for status in ("in-progress", "init"):
        found = httpx.get(f"{base}.json", params={"FriendlyName": room, "Status": status}, auth=auth).json()
        if found["conferences"]:
            sid = found["conferences"][0]["sid"]
            listed: list[dict[str, object]] = httpx.get(f"{base}/{sid}/Participants.json", auth=auth).json()[
                "participants"
            ]
            return listed
    return []


def loudest(path: Path, tone_hz: float) -> Heard:
    """The half second of a recording in which a tone is loudest: at a call's edges it fades in and out."""
    pcm = wav.read_wav(path.read_bytes())
    windows = [
        hear(pcm[start : start + 4000], (BARESIP_HZ, LINPHONE_HZ, HUBBUB_HZ))
        for start in range(0, len(pcm) - 4000, 2000)
    ]
    return max(windows, key=lambda window: window.tones_dbfs[tone_hz])


def test_baresip_and_our_caller_hear_each_other_and_not_themselves(
    server: RunningServer, tmp_path: Path
) -> None:
    softphone = baresip(
        tmp_path,
        f"sip:standup@{server.sip_host}:{server.sip_port}",
        sip_port=free_port(),
        rtp_ports="9500-9540",
        tone_hz=BARESIP_HZ,
        seconds=60,
    )
    wait_until(lambda: len(participants(server, "standup")) == 1, "baresip is in the room", 60)
    ours = our_call(server, "standup", tmp_path, HUBBUB_HZ, 5)
    wait_until(lambda: len(participants(server, "standup")) == 2, "both are in the room", 30)
    assert ours.wait(timeout=30) == 0, output(tmp_path)
    hang_up(softphone)

    we_heard = loudest(tmp_path / f"heard-{HUBBUB_HZ}.wav", BARESIP_HZ)
    assert we_heard.tones_dbfs[BARESIP_HZ] > -26
    assert we_heard.tones_dbfs[HUBBUB_HZ] < -50

    [dump] = sorted((tmp_path / "dump").glob("dump-*-dec.wav"))
    steady = loudest(dump, HUBBUB_HZ)
    assert steady.tones_dbfs[HUBBUB_HZ] > -26
    assert steady.tones_dbfs[BARESIP_HZ] < -50


def test_linphone_is_heard_by_our_caller(server: RunningServer, tmp_path: Path) -> None:
    softphone = linphone(
        tmp_path,
        f"sip:standup@{server.sip_host}:{server.sip_port}",
        sip_port=free_port(),
        tone_hz=LINPHONE_HZ,
        seconds=60,
        record=tmp_path / "linphone-heard.wav",
    )
    wait_until(lambda: len(participants(server, "standup")) == 1, "linphone is in the room", 60)
    ours = our_call(server, "standup", tmp_path, HUBBUB_HZ, 6)
    assert ours.wait(timeout=60) == 0
    hang_up(softphone)
    heard = loudest(tmp_path / f"heard-{HUBBUB_HZ}.wav", LINPHONE_HZ)
    assert heard.tones_dbfs[LINPHONE_HZ] > -30
    assert heard.tones_dbfs[HUBBUB_HZ] < -50


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_two_hundred_calls_at_once_make_one_room(
    start_server: Callable[..., RunningServer], tmp_path: Path, transport: str
) -> None:
    server = start_server("--participants-max", "250", "--media-silence-s", "0")
    process = sipp(
        tmp_path,
        server.sip_host,
        server.sip_port,
        "crowd",
        calls=200,
        rate=200,
        stay_ms=4000,
        transport=transport,
    )
    wait_until(lambda: len(everybody(server, "crowd")) == 200, "two hundred are in one room", 30)
    assert process.wait(timeout=60) == 0, output(tmp_path)
    who = server.credentials["twilio"]
    listed = httpx.get(
        f"{server.http}/2010-04-01/Accounts/{who['account_sid']}/Conferences.json",
        params={"FriendlyName": "crowd", "Status": "completed"},
        auth=(who["account_sid"], who["auth_token"]),
    ).json()
    assert len(listed["conferences"]) == 1


def test_a_thousand_calls_come_and_go_and_leave_nothing(
    start_server: Callable[..., RunningServer], tmp_path: Path
) -> None:
    server = start_server("--media-silence-s", "0", rtp="127.0.0.1:23000-25999")
    first = sipp(tmp_path, server.sip_host, server.sip_port, "warm", calls=5, rate=50, stay_ms=200)
    assert first.wait(timeout=30) == 0
    wait_until(lambda: metric(server, "hubbub_calls") == 0, "the first calls are over")
    before = open_files(server.process.pid)
    process = sipp(tmp_path, server.sip_host, server.sip_port, "busy", calls=1000, rate=100, stay_ms=500)
    assert process.wait(timeout=90) == 0, output(tmp_path)
    wait_until(lambda: metric(server, "hubbub_calls") == 0, "all calls are over")
    wait_until(lambda: metric(server, "hubbub_rooms") == 0, "all rooms are over")
    wait_until(lambda: metric(server, "hubbub_media_ports_open") == 0, "all ports are closed")
    # One for the connection that asks for the metrics, which the server may not have closed yet.
    wait_until(lambda: open_files(server.process.pid) <= before + 1, "no file handle is left")


def metric(server: RunningServer, name: str) -> float:
    for line in httpx.get(f"{server.http}/metrics").text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"{name} is not on the metrics page")


def test_sigterm_ends_the_calls_and_then_the_server(server: RunningServer, tmp_path: Path) -> None:
    ours = our_call(server, "standup", tmp_path, HUBBUB_HZ, 30)
    wait_until(lambda: len(participants(server, "standup")) == 1, "the caller is in the room")
    assert server.stop() == 0
    assert ours.wait(timeout=10) == 0
    assert "by the far end" in output(tmp_path)
