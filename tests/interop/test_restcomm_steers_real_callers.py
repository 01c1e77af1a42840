"""Plain requests, as Restcomm's Python library sends them, call baresip into a room with sipp and our own caller, mute,
move away and back, and hang up; each effect by ear, each callback with its number, the recording without a password."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from interop.conftest import RunningServer, wait_until
from interop.peers import free_port, hang_up, output, registered_baresip, sipp
from interop.test_real_phones import everybody, our_call
from interop.test_twilio_steers_real_callers import BARESIP_HZ, OURS_HZ, heard, heard_in

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

ROOM = "standup"
PAGES = {
    "/enter": f'<Dial record="true"><Conference beep="false" waitUrl="">{ROOM}</Conference></Dial>',
    "/aside": '<Dial><Conference beep="false" waitUrl="">aside</Conference></Dial>',
    "/back": f'<Dial><Conference beep="false" waitUrl="">{ROOM}</Conference></Dial>',
}


class Customer:
    """A customer's web server: RCML by its path, and every callback is kept."""

    def __init__(self) -> None:
        self.told: list[dict[str, str]] = []
        customer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                page = PAGES.get(self.path)
                if page is None:
                    customer.told.append(dict(parse_qsl(body)))
                answer = f"<Response>{page or ''}</Response>".encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

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


@pytest.fixture
def customer() -> Iterator[Customer]:
    each = Customer()
    yield each
    each.close()


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
    wait_until(lambda: len(customer.told) == 4, "every step is told", 20)
    wait_until(lambda: bool(client.get(f"{call}/Recordings").json()), "the recording is there", 20)
    for process in (phone, quiet, ours):
        hang_up(process)

    by_ours = [tones for tones in heard(tmp_path / "ours" / f"heard-{OURS_HZ}.wav") if OURS_HZ not in tones]
    theirs, silence = frozenset({BARESIP_HZ}), frozenset[int]()
    begins = by_ours.index(theirs)
    assert by_ours[begins : begins + 5] == [theirs, silence, theirs, silence, theirs]

    [kept] = client.get(f"{call}/Recordings").json()
    address = server.http + urlsplit(kept["file_uri"]).path
    assert httpx.get(address).status_code == 401
    sound = httpx.get(address, auth=client.auth)
    assert (sound.status_code, sound.headers["content-type"]) == (200, "audio/x-wav")
    assert frozenset({BARESIP_HZ, OURS_HZ}) in heard_in(sound.content, tmp_path)
    assert client.delete(f"/Recordings/{kept['sid']}").status_code == 200
    assert httpx.get(address, auth=client.auth).status_code == 404

    assert [each["CallStatus"] for each in customer.told] == ["initiated", "ringing", "answered", "completed"]
    assert [each["SequenceNumber"] for each in customer.told] == ["0", "1", "2", "3"]
    assert {each["CallSid"] for each in customer.told} == {made["sid"]}
