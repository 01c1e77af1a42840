"""Callers of three makes meet by SIP, and six client libraries of three vendors see that very room."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bandwidth import ApiClient, ConferencesApi, Configuration
from twilio.rest import Client

from interop.conftest import RunningServer, everybody, wait_until
from interop.peers import baresip, free_port, hang_up, our_call, sipp

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

HERE = Path(__file__).parent
ROOM = "standup"


@pytest.fixture
def live(server: RunningServer, tmp_path: Path) -> Iterator[RunningServer]:
    """A server with one finished room, and one in which three sipp callers, baresip and our own are."""
    (tmp_path / "early").mkdir()
    early = sipp(tmp_path / "early", server.sip_host, server.sip_port, "early", calls=2, rate=10, stay_ms=300)
    assert early.wait(timeout=30) == 0
    (tmp_path / "sipp").mkdir()
    callers = [
        sipp(tmp_path / "sipp", server.sip_host, server.sip_port, ROOM, calls=3, rate=10, stay_ms=60_000),
        baresip(
            tmp_path,
            f"sip:{ROOM}@{server.sip_host}:{server.sip_port}",
            sip_port=free_port(),
            rtp_ports="9600-9640",
            tone_hz=440,
            seconds=60,
        ),
        our_call(server, ROOM, tmp_path, 980, 60),
    ]
    wait_until(lambda: len(everybody(server, ROOM)) == 5, "five are in the room", 40)
    yield server
    for caller in callers:
        hang_up(caller)


def run_node(folder: str, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        ["node", "live.mjs", *words], cwd=HERE / folder, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_six_clients_of_three_vendors_see_the_same_five_callers(live: RunningServer) -> None:
    who = live.credentials
    twilio, bandwidth, restcomm = who["twilio"], who["bandwidth"], who["restcomm"]

    python_twilio = Client(twilio["account_sid"], twilio["auth_token"])
    python_twilio.api.base_url = live.http
    [room] = python_twilio.conferences.list(status="in-progress")
    assert (room.friendly_name, room.status) == (ROOM, "in-progress")
    assert room.date_created is not None
    today = room.date_created.date()
    day = {"date_created": today, "date_updated_after": today}
    assert [each.sid for each in python_twilio.conferences.list(friendly_name=ROOM, **day)] == [room.sid]
    assert [each.friendly_name for each in python_twilio.conferences.list(status="completed")] == ["early"]
    calls = {
        size: [one.call_sid for one in python_twilio.conferences(room.sid).participants.list(page_size=size)]
        for size in (1, 2, 50, 1000)
    }
    assert len(calls[50]) == len(set(calls[50])) == 5
    assert all(page == calls[50] for page in calls.values())
    one = python_twilio.conferences(room.sid).participants(calls[50][0]).fetch()
    assert (one.muted, one.hold, one.status) == (False, False, "connected")
    python_twilio.http_client.session.close()

    node_twilio = run_node("node_twilio", live.http, twilio["account_sid"], twilio["auth_token"], ROOM)
    assert node_twilio["sid"] == room.sid
    assert all(page == calls[50] for page in node_twilio["pages"].values())

    api = ConferencesApi(
        ApiClient(
            Configuration(
                username=bandwidth["username"],
                password=bandwidth["password"],
                host=f"{live.http}/api/v2",
                ignore_operation_servers=True,
            )
        )
    )
    [listed] = api.list_conferences(bandwidth["account_id"], name=ROOM)
    found = api.get_conference(bandwidth["account_id"], listed.id)
    members = [member.call_id for member in found.active_members or []]
    api.api_client.rest_client.pool_manager.clear()
    assert hex_of(listed.id) == room.sid[2:]
    assert sorted(hex_of(member) for member in members) == sorted(sid[2:] for sid in calls[50])
    assert {each.name for each in api.list_conferences(bandwidth["account_id"])} == {"early", ROOM}
    api.api_client.rest_client.pool_manager.clear()

    node_bandwidth = run_node(
        "node_bandwidth",
        live.http,
        bandwidth["username"],
        bandwidth["password"],
        bandwidth["account_id"],
        ROOM,
    )
    assert (node_bandwidth["id"], sorted(node_bandwidth["members"])) == (listed.id, sorted(members))

    base = f"{live.http}/restcomm/2012-04-24/Accounts/{restcomm['account_sid']}"
    auth = (restcomm["account_sid"], restcomm["auth_token"])
    page = httpx.get(f"{base}/Conferences.json", params={"Status": "RUNNING%"}, auth=auth).json()
    assert [row["sid"] for row in page["conferences"]] == [room.sid]
    assert page["conferences"][0]["status"] == "RUNNING_MODERATOR_PRESENT"
    there = httpx.get(f"{base}/Conferences.json/{room.sid}/Participants.json", auth=auth).json()["calls"]
    assert sorted(row["sid"] for row in there) == sorted(calls[50])
    xml = httpx.get(f"{base}/Conferences/{room.sid}", auth=auth)
    assert xml.headers["content-type"] == "application/xml"
    assert f"<Sid>{room.sid}</Sid>" in xml.text


def hex_of(bandwidth_id: str) -> str:
    """The 128 bits of a Bandwidth id, as Twilio and Restcomm write them."""
    return "".join(bandwidth_id.split("-")[2:])
