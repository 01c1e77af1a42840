"""Twilio's Python client calls baresip into a room with sipp and our own caller, mutes, holds, announces, records,
puts out and ends; each effect by ear, each callback in order and with a signature that its validator accepts."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from hubbub.audio import wav
from hubbub.audio.ears import hear
from interop.conftest import RunningServer, wait_until
from interop.peers import free_port, hang_up, output, registered_baresip, sipp, tone_wav
from interop.test_bandwidth_steers_real_callers import LOUD_DBFS, QUIET_DBFS
from interop.test_real_phones import everybody, our_call

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

ROOM = "standup"
BARESIP_HZ, OURS_HZ, PLAYED_HZ = 440, 980, 1370


class Customer:
    """A customer's web server: it serves one sound, keeps every callback and checks its signature."""

    def __init__(self, sound: bytes) -> None:
        self.sound = sound
        self.told: list[dict[str, str]] = []
        self.forged: list[str] = []
        self.secret = ""
        customer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "audio/wav")
                self.send_header("Content-Length", str(len(customer.sound)))
                self.end_headers()
                self.wfile.write(customer.sound)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                url = customer.url + self.path
                if not RequestValidator(customer.secret).validate(
                    url, form, self.headers["X-Twilio-Signature"]
                ):
                    customer.forged.append(url)
                token = self.headers["I-Twilio-Idempotency-Token"] or ""
                customer.told.append({**form, "path": self.path, "token": token})
                self.send_response(204)
                self.end_headers()

            def log_message(self, *words: Any) -> None:
                """Say nothing."""

        self._web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._web.server_port}"
        self._thread = threading.Thread(target=self._web.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._web.shutdown()
        self._thread.join()
        self._web.server_close()

    def at(self, path: str) -> list[dict[str, str]]:
        return [each for each in self.told if each["path"] == path]


@pytest.fixture
def customer(tmp_path: Path) -> Iterator[Customer]:
    each = Customer(tone_wav(tmp_path / "played.wav", PLAYED_HZ, 3).read_bytes())
    yield each
    each.close()


@pytest.fixture
def client(server: RunningServer, customer: Customer) -> Iterator[Client]:
    who = server.credentials["twilio"]
    customer.secret = who["auth_token"]
    each = Client(who["account_sid"], who["auth_token"])
    each.api.base_url = server.http
    yield each
    each.http_client.session.close()


def heard(path: Path) -> list[frozenset[int]]:
    """Which tones were heard, one quarter of a second after another; repetitions are left out."""
    pcm = wav.read_wav(path.read_bytes())
    seen: list[frozenset[int]] = []
    for start in range(0, len(pcm) - 2000, 2000):
        levels = hear(pcm[start : start + 2000], (BARESIP_HZ, OURS_HZ, PLAYED_HZ)).tones_dbfs
        if any(QUIET_DBFS < level < LOUD_DBFS for level in levels.values()):
            continue  # It begins or ends within this quarter.
        tones = frozenset(hz for hz, level in levels.items() if level >= LOUD_DBFS)
        if not seen or seen[-1] != tones:
            seen.append(tones)
    return seen


def test_a_real_room_is_steered(
    server: RunningServer, client: Client, customer: Customer, tmp_path: Path
) -> None:
    for name in ("baresip", "sipp", "ours"):
        (tmp_path / name).mkdir()
    server.hubbub("trunk", "create", "desk-7", "--username", "desk7", "--password", "right")
    phone = registered_baresip(
        tmp_path / "baresip",
        f"{server.sip_host}:{server.sip_port}",
        "desk7",
        "right",
        sip_port=free_port(),
        rtp_ports="9600-9640",
        tone_hz=BARESIP_HZ,
        seconds=60,
    )
    wait_until(lambda: "200 OK" in output(tmp_path / "baresip"), "baresip is registered", 20)
    pause = threading.Event()
    added = client.conferences(ROOM).participants.create(
        from_="+15550100",
        to="client:desk7",
        label="baresip",
        beep="false",
        wait_url="",
        status_callback=f"{customer.url}/call",
        status_callback_event=["initiated", "answered", "completed"],
        conference_status_callback=f"{customer.url}/room",
        conference_status_callback_event="start end join leave mute hold modify announcement",
    )
    room = client.conferences(added.conference_sid)
    one = room.participants("baresip")
    wait_until(lambda: one.fetch().status == "connected", "baresip has answered", 30)
    quiet = sipp(tmp_path / "sipp", server.sip_host, server.sip_port, ROOM, calls=2, rate=10, stay_ms=30_000)
    ours = our_call(server, ROOM, tmp_path / "ours", OURS_HZ, 60)
    wait_until(lambda: len(everybody(server, ROOM)) == 4, "four are in the room", 30)
    begun = httpx.post(
        f"{server.http}{room.fetch().subresource_uris['recordings']}",
        data={"RecordingStatusCallback": f"{customer.url}/kept"},
        auth=client.auth,
    )
    assert begun.status_code == 201, begun.text
    pause.wait(1.5)
    assert one.update(muted=True).muted is True
    pause.wait(1.5)
    room.update(announce_url=f"{customer.url}/played.wav", announce_method="GET")
    pause.wait(4.5)
    assert one.update(muted=False, hold=True, hold_url="").hold is True
    pause.wait(1.5)
    assert one.update(hold=False, end_conference_on_exit=False).hold is False
    pause.wait(1.5)
    assert room.recordings("Twilio.CURRENT").update(status="stopped").status == "stopped"
    assert one.delete() is True
    with pytest.raises(TwilioRestException):
        one.fetch()
    pause.wait(1.0)
    assert room.update(status="completed").reason_conference_ended == "conference-ended-via-api"
    assert ours.wait(timeout=30) == 0, output(tmp_path / "ours")
    wait_until(lambda: bool(customer.at("/kept")), "the recording is told", 20)
    wait_until(
        lambda: customer.at("/room")[-1]["StatusCallbackEvent"] == "conference-end", "the end is told", 20
    )
    for process in (phone, quiet, ours):
        hang_up(process)

    by_ours = [tones for tones in heard(tmp_path / "ours" / f"heard-{OURS_HZ}.wav") if OURS_HZ not in tones]
    theirs, played, silence = frozenset({BARESIP_HZ}), frozenset({PLAYED_HZ}), frozenset[int]()
    begins = by_ours.index(theirs)
    assert by_ours[begins : begins + 5] == [theirs, silence, played, silence, theirs]

    [kept] = customer.at("/kept")
    # A server on a port that it picked itself does not know its address (--public-url).
    sound = httpx.get(server.http + urlsplit(kept["RecordingUrl"]).path, auth=client.auth)
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/x-wav")
    mixed = heard_in(sound.content, tmp_path)
    assert frozenset({BARESIP_HZ, OURS_HZ}) in mixed
    assert frozenset({PLAYED_HZ, OURS_HZ}) in mixed

    assert customer.forged == []
    told = customer.at("/room")
    assert [int(each["SequenceNumber"]) for each in told] == list(range(1, len(told) + 1))
    assert len({each["token"] for each in told}) == len(told)
    assert [each["StatusCallbackEvent"] for each in told][4:] == [
        "participant-join",
        "participant-mute",
        "announcement-end",
        "participant-unmute",
        "participant-hold",
        "participant-unhold",
        "participant-leave",
        "participant-leave",
        "participant-leave",
        "participant-leave",
        "conference-end",
    ]
    assert [each["CallStatus"] for each in customer.at("/call")] == ["initiated", "in-progress", "completed"]


def heard_in(sound: bytes, folder: Path) -> list[frozenset[int]]:
    path = folder / "kept.wav"
    path.write_bytes(sound)
    return heard(path)
