"""The server calls real telephones: one that registered, sipp as a carrier that wants a password, and many at once."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from interop.conftest import RunningServer, wait_until
from interop.peers import answering_sipp, free_port, hang_up, our_call, output, registered_baresip
from interop.test_real_phones import BARESIP_HZ, HUBBUB_HZ, loudest, participants

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]


def post(server: RunningServer, path: str, **form: str) -> dict[str, Any]:
    """POST to Twilio's API beneath the account."""
    who = server.credentials["twilio"]
    auth = (who["account_sid"], who["auth_token"])
    url = f"{server.http}/2010-04-01/Accounts/{who['account_sid']}/{path}"
    response = httpx.post(url, data=form, auth=auth)
    assert response.status_code in (200, 201), response.text
    answer: dict[str, Any] = response.json()
    return answer


def status_of(server: RunningServer, sid: str) -> str:
    who = server.credentials["twilio"]
    url = f"{server.http}/2010-04-01/Accounts/{who['account_sid']}/Calls/{sid}.json"
    return str(httpx.get(url, auth=(who["account_sid"], who["auth_token"])).json()["status"])


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_softphone_registers_and_is_called_into_a_room(
    server: RunningServer, tmp_path: Path, transport: str
) -> None:
    server.hubbub("trunk", "create", "desk-7", "--username", "desk7", "--password", "right")
    softphone = registered_baresip(
        tmp_path,
        f"{server.sip_host}:{server.sip_port}",
        "desk7",
        "right",
        sip_port=free_port(),
        rtp_ports="9600-9640",
        tone_hz=BARESIP_HZ,
        seconds=60,
        transport=transport,
    )
    wait_until(lambda: "200 OK" in output(tmp_path), "baresip is registered", 20)
    caller = our_call(server, "standup", tmp_path, HUBBUB_HZ, 8)
    wait_until(lambda: len(participants(server, "standup")) == 1, "our caller is in the room")
    time.sleep(0.5)
    post(server, "Conferences/standup/Participants.json", From="+15550100", To="client:desk7", Beep="false")
    wait_until(
        lambda: [each["status"] for each in participants(server, "standup")] == ["connected"] * 2,
        "baresip has answered",
    )
    caller.wait(timeout=30)
    hang_up(softphone)
    heard = loudest(tmp_path / f"heard-{HUBBUB_HZ}.wav", BARESIP_HZ)
    assert heard.tones_dbfs[BARESIP_HZ] > -26, output(tmp_path)
    assert heard.tones_dbfs[HUBBUB_HZ] < -40


def test_a_wrong_password_is_not_registered(server: RunningServer, tmp_path: Path) -> None:
    server.hubbub("trunk", "create", "desk-7", "--username", "desk7", "--password", "right")
    softphone = registered_baresip(
        tmp_path,
        f"{server.sip_host}:{server.sip_port}",
        "desk7",
        "wrong",
        sip_port=free_port(),
        rtp_ports="9600-9640",
        tone_hz=BARESIP_HZ,
        seconds=10,
    )
    wait_until(lambda: "401 Unauthorized" in output(tmp_path), "baresip was refused", 20)
    hang_up(softphone)
    sid = post(server, "Calls.json", From="+15550100", To="client:desk7", Twiml="<Response/>")["sid"]
    wait_until(lambda: status_of(server, sid) == "no-answer", "nobody is registered")


def test_a_carrier_gets_the_trunks_password(
    start_server: Callable[..., RunningServer], tmp_path: Path
) -> None:
    server = start_server()
    port = free_port()
    carrier = answering_sipp(tmp_path, port, "for a password", calls=1)
    server.hubbub(
        "trunk",
        "create",
        "carrier",
        "--target",
        f"sip:127.0.0.1:{port}",
        "--username",
        "acme",
        "--password",
        "secret",
    )
    twiml = '<Response><Pause length="1"/></Response>'
    sid = post(server, "Calls.json", From="+15550100", To="+15550199", Twiml=twiml)["sid"]
    wait_until(lambda: status_of(server, sid) == "completed", "the document is over")
    assert carrier.wait(timeout=20) == 0, output(tmp_path)


@pytest.mark.parametrize("transport", ["u1", "t1"])
def test_many_calls_go_out_at_once(
    start_server: Callable[..., RunningServer], tmp_path: Path, transport: str
) -> None:
    server = start_server("--calls-per-second", "0", "--sip-target-networks", "127.0.0.0/8")
    port = free_port()
    peer = answering_sipp(tmp_path, port, "plainly", calls=40, transport=transport)
    time.sleep(1)
    twiml = '<Response><Pause length="2"/></Response>'
    to = f"sip:bob@127.0.0.1:{port}" + (";transport=tcp" if transport == "t1" else "")
    sids = [post(server, "Calls.json", From="+15550100", To=to, Twiml=twiml)["sid"] for _ in range(40)]
    assert peer.wait(timeout=60) == 0, output(tmp_path)
    wait_until(lambda: {status_of(server, sid) for sid in sids} == {"completed"}, "all calls are over")
