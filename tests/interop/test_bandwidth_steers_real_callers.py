"""Bandwidth's Python client mutes, plays to and ends a room in which real telephones talk; each effect by ear."""

import threading
from collections.abc import Iterator
from pathlib import Path

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

from interop.conftest import RunningServer, everybody, wait_until
from interop.customer import Customer
from interop.hearing import SILENCE, heard, tones_of
from interop.peers import hang_up, our_call, output, tone_wav

pytestmark = [pytest.mark.interop, pytest.mark.xdist_group("interop"), pytest.mark.timeout(170)]

ROOM = "standup"
ALICE_HZ, BOB_HZ, PLAYED_HZ = TONES = (440, 980, 1370)


@pytest.fixture
def sound_url(tmp_path: Path) -> Iterator[str]:
    """Where a customer's web server has three seconds of a tone."""
    with Customer() as customer:
        sound = tone_wav(tmp_path / "played.wav", PLAYED_HZ, 3).read_bytes()
        yield customer.serves_sound("/played.wav", sound)


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

    by_alice = [
        tones for tones in heard(folders[0] / f"heard-{ALICE_HZ}.wav", TONES) if ALICE_HZ not in tones
    ]
    bobs = tones_of(BOB_HZ)
    assert bobs in by_alice
    sequence = by_alice[by_alice.index(bobs) :]
    assert sequence[:5] == [bobs, SILENCE, tones_of(PLAYED_HZ), SILENCE, bobs]
    by_bob = heard(folders[1] / f"heard-{BOB_HZ}.wav", TONES)
    assert all(BOB_HZ not in tones for tones in by_bob)
    assert tones_of(ALICE_HZ, PLAYED_HZ) in by_bob
