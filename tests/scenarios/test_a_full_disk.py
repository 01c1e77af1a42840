"""A disk that is full while a room is recorded: the room goes on, the customer gets an honest status, and the operator an
alert."""

from __future__ import annotations

import errno
import os

import pytest

from hubbub.lab.customer import CustomerRequest
from hubbub.lab.lab import Lab

ROOT = "/2010-04-01/Accounts/{AccountSid}"


async def test_a_room_goes_on_when_its_recording_has_no_place_left(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, str]] = []

    def customer(request: CustomerRequest) -> str:
        told.append(request.params)
        return ""

    def full(descriptor: int, data: bytes, offset: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    async with Lab() as lab:
        lab.customer("https://acme.example/recorded", customer)
        alice, bob = lab.caller("alice"), lab.caller("bob")
        await alice.dial("standup")
        await bob.dial("standup")
        await lab.run_for(1.0)
        rooms = (await lab.get(f"{ROOT}/Conferences.json?Status=in-progress")).json()["conferences"]
        path = f"{ROOT}/Conferences/{rooms[0]['sid']}/Recordings"
        wish = {
            "RecordingStatusCallback": "https://acme.example/recorded",
            "RecordingStatusCallbackEvent": "in-progress completed absent",
        }
        sid = (await lab.post(f"{path}.json", wish)).json()["sid"]
        await lab.run_for(3.0)
        with monkeypatch.context() as patch:
            patch.setattr(os, "pwrite", full)
            await lab.run_for(3.0)
        assert alice.hears(bob)
        assert bob.hears(alice)
        assert [each["RecordingStatus"] for each in told] == ["in-progress", "failed"]
        assert told[-1]["ErrorCode"]
        assert (await lab.get(f"{path}/{sid}.json")).json()["status"] == "absent"
        assert "recording-failed" in await lab.event_kinds()
        assert [line.event for line in lab.log.lines if line.level == "error"] == ["recording failed"]

        again = await lab.post(f"{path}.json", wish)
        assert again.status == 201, "there is room again"
        await lab.run_for(2.0)
        alice.hangs_up()
        bob.hangs_up()
        await lab.run_for(2.0)
        assert told[-1]["RecordingStatus"] == "completed"
        assert told[-1]["RecordingSid"] == again.json()["sid"]
