"""What the three APIs say of the rooms at one moment, and what should then be heard."""

from __future__ import annotations

from typing import Any, NamedTuple

from hubbub.lab.caller import Caller
from hubbub.lab.clips import SOUNDS_HZ
from hubbub.lab.lab import Lab

from .storm_cast import BEEP_HZ
from .storm_writes import BANDWIDTH, RESTCOMM, TWILIO, Known

AUDIBLE_DBFS = -32.0
SILENT_DBFS = -42.0


class Seat(NamedTuple):
    """One inside of a room, as the APIs have him."""

    muted: bool
    held: bool
    coached: tuple[str, ...]


class RoomView(NamedTuple):
    is_open: bool
    """People hear one another."""
    seats: dict[str, Seat]
    """By call; those who are inside, not those who are being called."""
    events: int
    """How many the room has had: as long as it stays, nothing has changed."""


def hex32(text: str) -> str:
    """The id in a SID or in one of Bandwidth's."""
    return text.replace("-", "")[-32:]


async def look(lab: Lab, known: Known, faults: list[str]) -> dict[str, RoomView]:
    """Every live room; where the APIs do not agree, `faults` says so."""
    views: dict[str, RoomView] = {}
    listed: list[dict[str, Any]] = []
    for status in ("init", "in-progress"):
        path = f"{TWILIO}/Conferences.json?Status={status}&PageSize=50"
        listed += (await lab.get(path)).json()["conferences"]
    # One that starts between the two questions is in both answers.
    listed = list({conference["sid"]: conference for conference in listed}.values())
    where: dict[str, str] = {}
    for conference in listed:
        room = hex32(conference["sid"])
        view = await _look_at(lab, known, conference, faults)
        if view is None:
            continue
        views[room] = view
        for call in view.seats:
            if call in where:
                faults.append(f"call {call} is in two rooms: {where[call]} and {room}")
            where[call] = room
    return views


async def _look_at(lab: Lab, known: Known, conference: dict[str, Any], faults: list[str]) -> RoomView | None:
    room = hex32(conference["sid"])
    before = await _events_of(lab, room)
    answers = [
        await lab.get(f"{TWILIO}/Conferences/CF{room}/Participants.json?PageSize=50"),
        await lab.get(f"{BANDWIDTH}/conferences/conf-{known.site}-{_uuid(room)}"),
        await lab.get(f"{RESTCOMM}/Conferences/CF{room}/Participants.json"),
    ]
    if before != await _events_of(lab, room):
        return None
    for answer in answers:
        if answer.status != 200:
            faults.append(f"a list of room {room} is answered by {answer.status}: {answer.text[:200]}")
            return None
    twilio = {hex32(each["call_sid"]): each for each in answers[0].json()["participants"]}
    bandwidth = {hex32(each["callId"]): each for each in answers[1].json()["activeMembers"]}
    restcomm = {hex32(each["sid"]): each for each in answers[2].json()["calls"]}
    if not set(bandwidth) <= set(twilio) or set(twilio) != set(restcomm):
        faults.append(f"room {room}: {sorted(twilio)} {sorted(bandwidth)} {sorted(restcomm)}")
        return None
    is_open = conference["status"] == "in-progress"
    seats = {}
    for call, member in bandwidth.items():
        one, other = twilio[call], restcomm[call]
        seat = Seat(member["mute"], member["hold"], tuple(map(hex32, member["callIdsToCoach"] or ())))
        same = [seat.muted, seat.held, bool(seat.coached)] == [one["muted"], one["hold"], one["coaching"]]
        if is_open and [seat.muted, seat.held] != [other["muted"], other["hold"]]:
            same = False
        if not same:
            faults.append(f"room {room}, call {call}: {seat} {one} {other}")
        seats[call] = seat
    return RoomView(is_open, seats, before)


async def _events_of(lab: Lab, room: str) -> int:
    return sum(each.event.conference_id == room for each in await lab.events())


def _uuid(room: str) -> str:
    return f"{room[:8]}-{room[8:12]}-{room[12:16]}-{room[16:20]}-{room[20:]}"


def should_hear(view: RoomView, ear: str, mouth: str) -> bool:
    """The whole rule of who hears whom within a room."""
    if ear == mouth or not view.is_open:
        return False
    listener, speaker = view.seats[ear], view.seats[mouth]
    if listener.held or speaker.held or speaker.muted:
        return False
    return not speaker.coached or ear in speaker.coached


def judge(
    views: dict[str, RoomView], callers: dict[str, Caller], settled: set[str], last_s: float
) -> list[str]:
    """What is wrong at the ears.

    Args:
        callers: who is at the far end of each call.
        settled: rooms in which nothing has happened for long enough; nobody is judged in others.
    """
    faults = []
    for room in settled:
        view = views[room]
        for ear in view.seats:
            caller = callers.get(ear)
            if caller is None or not caller.is_talking:
                continue
            voices = {other.tone_hz: call for call, other in callers.items() if other.tone_hz is not None}
            heard = caller.listens(*voices, BEEP_HZ, last_s=last_s).tones_dbfs
            # A sound for one alone stands instead of the room while it lasts.
            is_played_to = any(heard[hz] > SILENT_DBFS for hz in (*SOUNDS_HZ, BEEP_HZ))
            for hz, mouth in voices.items():
                wanted = mouth in view.seats and callers[mouth].is_talking and should_hear(view, ear, mouth)
                level = heard[hz]
                if (wanted and level < AUDIBLE_DBFS and not is_played_to) or (
                    not wanted and level > SILENT_DBFS
                ):
                    who = f"{caller.name} and {callers[mouth].name} at {level:.0f} dBFS"
                    faults.append(f"room {room}: {who}, wanted: {wanted}; {view}")
    return faults
