"""Twilio's Python client calls baresip into a room with sipp and our own caller, mutes, holds, announces, records,
puts out and ends; each effect by ear, each callback in order and with a signature that its validator accepts."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from interop.conftest import RunningServer, everybody, wait_until
from interop.customer import Customer
from interop.hearing import SILENCE, heard, tones_of
from interop.peers import free_port, hang_up, our_call, output, registered_baresip, sipp, tone_wav

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

ROOM = "standup"
BARESIP_HZ, OURS_HZ, PLAYED_HZ = TONES = (440, 980, 1370)


@pytest.fixture
def customer(tmp_path: Path) -> Iterator[Customer]:
    with Customer() as each:
        each.serves_sound("/played.wav", tone_wav(tmp_path / "played.wav", PLAYED_HZ, 3).read_bytes())
        yield each


@pytest.fixture
def client(server: RunningServer, customer: Customer) -> Iterator[Client]:
    who = server.credentials["twilio"]
    validator = RequestValidator(who["auth_token"])
    customer.is_genuine = lambda asked: validator.validate(
        asked.url, asked.form, asked.headers["X-Twilio-Signature"]
    )
    each = Client(who["account_sid"], who["auth_token"])
    each.api.base_url = server.http
    yield each
    each.http_client.session.close()


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
        lambda: customer.forms("/room")[-1]["StatusCallbackEvent"] == "conference-end", "the end is told", 20
    )
    for process in (phone, quiet, ours):
        hang_up(process)

    by_ours = [
        tones for tones in heard(tmp_path / "ours" / f"heard-{OURS_HZ}.wav", TONES) if OURS_HZ not in tones
    ]
    theirs, played = tones_of(BARESIP_HZ), tones_of(PLAYED_HZ)
    begins = by_ours.index(theirs)
    assert by_ours[begins : begins + 5] == [theirs, SILENCE, played, SILENCE, theirs]

    [kept] = customer.forms("/kept")
    # A server on a port that it picked itself does not know its address (--public-url).
    sound = httpx.get(server.http + urlsplit(kept["RecordingUrl"]).path, auth=client.auth)
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/x-wav")
    mixed = heard(sound.content, TONES)
    assert tones_of(BARESIP_HZ, OURS_HZ) in mixed
    assert tones_of(PLAYED_HZ, OURS_HZ) in mixed

    assert customer.forged == []
    told = customer.forms("/room")
    assert [int(each["SequenceNumber"]) for each in told] == list(range(1, len(told) + 1))
    tokens = {each.headers["I-Twilio-Idempotency-Token"] for each in customer.at("/room")}
    assert len(tokens) == len(told)
    assert None not in tokens
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
    assert [each["CallStatus"] for each in customer.forms("/call")] == [
        "initiated",
        "in-progress",
        "completed",
    ]
