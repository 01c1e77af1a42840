"""Bandwidth's Python client mutes, plays to and ends a room in which real telephones talk; each effect by ear."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bandwidth import ApiClient, CallsApi, ConferencesApi, Configuration
from bandwidth.exceptions import ConflictException, NotFoundException
from bandwidth.models import (
    CallStateEnum,
    ConferenceStateEnum,
    UpdateCall,
    UpdateConference,
    UpdateConferenceMember,
)
from bandwidth.models.bxml import Bxml, PlayAudio

from hubbub.audio import wav
from hubbub.audio.ears import hear
from interop.conftest import RunningServer, wait_until
from interop.peers import hang_up, output, tone_wav
from interop.test_real_phones import everybody, our_call

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

ROOM = "standup"
ALICE_HZ, BOB_HZ, PLAYED_HZ = 440, 980, 1370
LOUD_DBFS, QUIET_DBFS = -30, -50


@pytest.fixture
def sound_url(tmp_path: Path) -> Iterator[str]:
    """Where a customer's web server has three seconds of a tone."""
    sound = tone_wav(tmp_path / "played.wav", PLAYED_HZ, 3).read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "audio/wav")
            self.send_header("Content-Length", str(len(sound)))
            self.end_headers()
            self.wfile.write(sound)

        def log_message(self, *words: Any) -> None:
            """Say nothing."""

    web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{web.server_port}/played.wav"
    web.shutdown()
    thread.join()
    web.server_close()


@pytest.fixture
def client(server: RunningServer) -> Iterator[ApiClient]:
    who = server.credentials["bandwidth"]
    client = ApiClient(
        Configuration(
            username=who["username"],
            password=who["password"],
            host=f"{server.http}/api/v2",
            ignore_operation_servers=True,
        )
    )
    yield client
    client.rest_client.pool_manager.clear()


def heard(path: Path) -> list[frozenset[int]]:
    """Which tones were heard, one quarter of a second after another; repetitions are left out."""
    pcm = wav.read_wav(path.read_bytes())
    seen: list[frozenset[int]] = []
    for start in range(0, len(pcm) - 2000, 2000):
        levels = hear(pcm[start : start + 2000], (ALICE_HZ, BOB_HZ, PLAYED_HZ)).tones_dbfs
        if any(QUIET_DBFS < level < LOUD_DBFS for level in levels.values()):
            continue  # It begins or ends within this quarter.
        tones = frozenset(hz for hz, level in levels.items() if level >= LOUD_DBFS)
        if not seen or seen[-1] != tones:
            seen.append(tones)
    return seen


def test_a_real_room_is_muted_played_to_and_ended(
    server: RunningServer, client: ApiClient, sound_url: str, tmp_path: Path
) -> None:
    account = server.credentials["bandwidth"]["account_id"]
    folders = [tmp_path / "alice", tmp_path / "bob"]
    for folder in folders:
        folder.mkdir()
    bob = our_call(server, ROOM, folders[1], BOB_HZ, 60)
    wait_until(lambda: len(everybody(server, ROOM)) == 1, "bob is in the room", 30)
    alice = our_call(server, ROOM, folders[0], ALICE_HZ, 60)
    wait_until(lambda: len(everybody(server, ROOM)) == 2, "both are in the room", 30)

    rooms, calls = ConferencesApi(client), CallsApi(client)
    (room,) = rooms.list_conferences(account, name=ROOM)
    first, second = (member.call_id for member in rooms.get_conference(account, room.id).active_members)
    pause = threading.Event()
    pause.wait(1.5)
    rooms.update_conference_member(account, room.id, first, UpdateConferenceMember(mute=True))
    assert rooms.get_conference_member(account, room.id, first).mute is True
    pause.wait(1.5)
    rooms.update_conference_bxml(account, room.id, Bxml([PlayAudio(sound_url)]).to_bxml())
    pause.wait(4.5)
    rooms.update_conference_member(account, room.id, first, UpdateConferenceMember(mute=False))
    pause.wait(1.5)

    calls.update_call(account, second, UpdateCall(state=CallStateEnum.COMPLETED))
    assert calls.get_call_state(account, second).disconnect_cause == "hangup"
    with pytest.raises(ConflictException):
        calls.update_call(account, second, UpdateCall(state=CallStateEnum.COMPLETED))
    assert alice.wait(timeout=30) == 0, output(folders[0])
    rooms.update_conference(account, room.id, UpdateConference(status=ConferenceStateEnum.COMPLETED))
    assert rooms.get_conference(account, room.id).completed_time is not None
    with pytest.raises(NotFoundException):
        rooms.update_conference(account, room.id, UpdateConference(status=ConferenceStateEnum.COMPLETED))
    assert bob.wait(timeout=30) == 0, output(folders[1])
    for caller in (alice, bob):
        hang_up(caller)

    by_alice = [tones for tones in heard(folders[0] / f"heard-{ALICE_HZ}.wav") if ALICE_HZ not in tones]
    bobs = frozenset({BOB_HZ})
    assert bobs in by_alice
    sequence = by_alice[by_alice.index(bobs) :]
    assert sequence[:5] == [bobs, frozenset(), frozenset({PLAYED_HZ}), frozenset(), bobs]
    by_bob = heard(folders[1] / f"heard-{BOB_HZ}.wav")
    assert all(BOB_HZ not in tones for tones in by_bob)
    assert frozenset({ALICE_HZ, PLAYED_HZ}) in by_bob
