"""Plain requests, as Restcomm's Python library sends them, call baresip into a room with sipp and our own caller, mute,
move away and back, and hang up; each effect by ear, each callback with its number, the recording without a password."""

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from interop.conftest import RunningServer, everybody, wait_until
from interop.customer import Customer
from interop.hearing import SILENCE, heard, tones_of
from interop.peers import free_port, hang_up, our_call, output, registered_baresip, sipp

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

ROOM = "standup"
BARESIP_HZ, OURS_HZ = TONES = (440, 980)
PAGES = {
    "/enter": f'<Dial record="true"><Conference beep="false" waitUrl="">{ROOM}</Conference></Dial>',
    "/aside": '<Dial><Conference beep="false" waitUrl="">aside</Conference></Dial>',
    "/back": f'<Dial><Conference beep="false" waitUrl="">{ROOM}</Conference></Dial>',
}


@pytest.fixture
def customer() -> Iterator[Customer]:
    with Customer() as each:
        for path, verbs in PAGES.items():
            each.serves_markup(path, verbs)
        yield each


@pytest.fixture
def client(server: RunningServer) -> Iterator[httpx.Client]:
    who = server.credentials["restcomm"]
    with httpx.Client(
        base_url=f"{server.http}/restcomm/2012-04-24/Accounts/{who['account_sid']}",
        auth=(who["account_sid"], who["auth_token"]),
    ) as each:
        yield each


def test_a_real_room_is_steered(
    server: RunningServer, client: httpx.Client, customer: Customer, tmp_path: Path
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
        rtp_ports="9650-9690",
        tone_hz=BARESIP_HZ,
        seconds=60,
    )
    wait_until(lambda: "200 OK" in output(tmp_path / "baresip"), "baresip is registered", 20)
    pause = threading.Event()
    quiet = sipp(tmp_path / "sipp", server.sip_host, server.sip_port, ROOM, calls=2, rate=10, stay_ms=30_000)
    ours = our_call(server, ROOM, tmp_path / "ours", OURS_HZ, 60)
    wait_until(lambda: len(everybody(server, ROOM)) == 3, "three are in the room", 30)

    made = client.post(
        "/Calls.json",
        data={
            "From": "+15550100",
            "To": "client:desk7",
            "Url": f"{customer.url}/enter",
            "StatusCallback": f"{customer.url}/status",
        },
    ).json()
    call = f"/Calls.json/{made['sid']}"
    wait_until(lambda: len(everybody(server, ROOM)) == 4, "four are in the room", 30)
    [room] = client.get("/Conferences.json", params={"Status": "RUNNING%"}).json()["conferences"]
    member = f"/Conferences.json/{room['sid']}/Participants.json/{made['sid']}"
    pause.wait(1.5)
    assert client.post(member, data={"Mute": "true"}).json()["muted"] is True
    pause.wait(1.5)
    assert client.post(member).json()["muted"] is False
    pause.wait(1.5)
    assert client.post(call, data={"Url": f"{customer.url}/aside"}).status_code == 200
    pause.wait(1.5)
    running = client.get("/Conferences.json", params={"Status": "RUNNING%"}).json()["conferences"]
    assert {each["friendly_name"] for each in running} == {ROOM, "aside"}
    assert client.post(call, data={"Url": f"{customer.url}/back"}).status_code == 200
    pause.wait(1.5)
    assert client.post(call, data={"Status": "completed"}).json()["status"] == "in-progress"
    wait_until(lambda: len(everybody(server, ROOM)) == 3, "baresip is gone", 10)
    assert client.post(call, data={"Mute": "true"}).status_code == 410
    inside = client.get(f"/Conferences.json/{room['sid']}/Participants.json").json()
    assert (inside["total"], len(inside["calls"])) == (3, 3)
    for row in inside["calls"]:
        client.post(f"/Calls/{row['sid']}", data={"Status": "completed"})
    assert ours.wait(timeout=30) == 0, output(tmp_path / "ours")
    wait_until(lambda: len(customer.at("/status")) == 4, "every step is told", 20)
    wait_until(lambda: bool(client.get(f"{call}/Recordings").json()), "the recording is there", 20)
    for process in (phone, quiet, ours):
        hang_up(process)

    by_ours = [
        tones for tones in heard(tmp_path / "ours" / f"heard-{OURS_HZ}.wav", TONES) if OURS_HZ not in tones
    ]
    theirs = tones_of(BARESIP_HZ)
    begins = by_ours.index(theirs)
    assert by_ours[begins : begins + 5] == [theirs, SILENCE, theirs, SILENCE, theirs]

    [kept] = client.get(f"{call}/Recordings").json()
    address = server.http + urlsplit(kept["file_uri"]).path
    assert httpx.get(address).status_code == 401
    sound = httpx.get(address, auth=client.auth)
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/x-wav")
    assert tones_of(BARESIP_HZ, OURS_HZ) in heard(sound.content, TONES)
    assert client.delete(f"/Recordings/{kept['sid']}").status_code == 200
    assert httpx.get(address, auth=client.auth).status_code == 404

    told = customer.forms("/status")
    assert [each["CallStatus"] for each in told] == ["initiated", "ringing", "answered", "completed"]
    assert [each["SequenceNumber"] for each in told] == ["0", "1", "2", "3"]
    assert {each["CallSid"] for each in told} == {made["sid"]}
