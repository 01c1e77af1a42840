"""What a storm writes: one random request to one of the three APIs, about something that is there, was, or never was."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, NamedTuple

from hubbub.domain.ids import uuid_text

from .storm_cast import LABELS, ROOMS, URL, Cast

TWILIO: Final = "/2010-04-01/Accounts/{AccountSid}"
RESTCOMM: Final = "/restcomm/2012-04-24/Accounts/{AccountSid}"
BANDWIDTH: Final = "/api/v2/accounts/{accountId}"
NOBODY: Final = "0" * 31 + "1"


class Write(NamedTuple):
    """One request."""

    method: str
    path: str
    options: dict[str, Any]


@dataclass
class Known:
    """Ids of what there is, newest first; 32 hex digits each."""

    site: str = "00000001"
    rooms: list[str] = field(default_factory=list)
    members: list[tuple[str, str]] = field(default_factory=list)
    """Room and call."""
    calls: list[str] = field(default_factory=list)
    live_calls: list[str] = field(default_factory=list)
    recordings: list[tuple[str, str, str]] = field(default_factory=list)
    """`Conferences` or `Calls`, the owner, the recording."""


class Writer:
    """Draws requests.

    Args:
        bandwidth_application: the id of one, for calls out.
    """

    def __init__(self, cast: Cast, random: Random, bandwidth_application: str) -> None:
        self._cast = cast
        self._random = random
        self._application = bandwidth_application
        self.known = Known()

    def draw(self) -> Write:
        """Any request."""
        kinds: list[tuple[int, Callable[[], Write]]] = [
            (14, self._update_participant),
            (8, self._update_member),
            (6, self._mute_restcomm),
            (8, self._add_participant),
            (4, self._kick),
            (2, self._update_conference),
            (3, self._update_bandwidth_conference),
            (3, self._put_room_bxml),
            (8, self._update_call),
            (5, self._update_bandwidth_call),
            (4, self._update_restcomm_call),
            (6, self._place),
            (8, self._record),
            (3, self._record_bandwidth),
            (3, self._delete),
            (2, self._send_digits),
        ]
        weights = [weight for weight, _ in kinds]
        return self._random.choices(kinds, weights)[0][1]()

    # --- whom -------------------------------------------------------------------------------------------

    def member(self) -> tuple[str, str]:
        """A room and one inside; sometimes one who is elsewhere."""
        known, random = self.known, self._random
        if known.members and random.random() < 0.92:
            return random.choice(known.members)
        return self._room(), self._call()

    def _room(self) -> str:
        rooms = self.known.rooms[:6]
        return self._random.choice([*rooms, *rooms, *rooms, NOBODY])

    def _call(self) -> str:
        live, calls = self.known.live_calls, self.known.calls[:8]
        pool = live if live and self._random.random() < 0.8 else [*calls, NOBODY]
        return self._random.choice(pool)

    def _room_id(self, hex32: str) -> str:
        return f"conf-{self.known.site}-{uuid_text(hex32)}"

    def _call_id(self, hex32: str) -> str:
        return f"c-{self.known.site}-{uuid_text(hex32)}"

    # --- rooms ------------------------------------------------------------------------------------------

    def _update_participant(self) -> Write:
        random = self._random
        room, call = self.member()
        form = random.choice(
            (
                {"Muted": "true"},
                {"Muted": "false"},
                {"Hold": "true"},
                {"Hold": "true", "HoldUrl": ""},
                {"Hold": "true", "HoldUrl": f"{URL}/x.wav"},
                {"Hold": "false"},
                {"Hold": "true", "Muted": "true"},
                {"Coaching": "true", "CallSidToCoach": f"CA{self.member()[1]}"},
                {"Coaching": "false"},
                {"AnnounceUrl": f"{URL}/t/announce"},
                {"EndConferenceOnExit": random.choice(("true", "false", "false", "false"))},
                {"BeepOnExit": "true"},
                {"WaitUrl": ""},
                {"Muted": "perhaps"},
            )
        )
        return _form("POST", f"{TWILIO}/Conferences/CF{room}/Participants/CA{call}.json", form)

    def _update_member(self) -> Write:
        room, call = self.member()
        random = self._random
        fields: dict[str, Any] = random.choice(
            (
                {"mute": True},
                {"mute": False},
                {"hold": True},
                {"hold": False},
                {"mute": False, "hold": False, "callIdsToCoach": []},
                {"callIdsToCoach": [self._call_id(self.member()[1])]},
                {"callIdsToCoach": [self._call_id(self.member()[1]), self._call_id(self._call())]},
                {"mute": "maybe"},
            )
        )
        path = f"{BANDWIDTH}/conferences/{self._room_id(room)}/members/{self._call_id(call)}"
        return _json("PUT", path, fields)

    def _mute_restcomm(self) -> Write:
        room, call = self.member()
        form = {"Mute": self._random.choice(("true", "false"))}
        return _form("POST", f"{RESTCOMM}/Conferences/CF{room}/Participants/CA{call}.json", form)

    def _add_participant(self) -> Write:
        random = self._random
        room = f"CF{self._room()}" if random.random() < 0.5 else random.choice(ROOMS)
        form = {"From": "+15550100", "To": random.choice(self._cast.addresses()), "Timeout": "5"}
        offered = {
            "Label": random.choice(LABELS),
            "Muted": "true",
            "StartConferenceOnEnter": "false",
            "Coaching": "true",
            "Record": "true",
            "ConferenceRecord": "true",
            "TimeLimit": "4",
            "StatusCallback": self._cast.callback(),
            "ConferenceStatusCallback": self._cast.callback(),
        }
        form |= {key: value for key, value in offered.items() if random.random() < 0.25}
        if "Coaching" in form:
            form["CallSidToCoach"] = f"CA{self.member()[1]}"
        if "StatusCallback" in form:
            form["StatusCallbackEvent"] = "initiated ringing answered completed"
        if random.random() < 0.06:
            form["EndConferenceOnExit"] = "true"
        return _form("POST", f"{TWILIO}/Conferences/{room}/Participants.json", form)

    def _kick(self) -> Write:
        room, call = self.member()
        return Write("DELETE", f"{TWILIO}/Conferences/CF{room}/Participants/CA{call}.json", {})

    def _update_conference(self) -> Write:
        form = self._random.choice(({"Status": "completed"}, {"AnnounceUrl": f"{URL}/t/announce"}))
        return _form("POST", f"{TWILIO}/Conferences/CF{self._room()}.json", form)

    def _update_bandwidth_conference(self) -> Write:
        fields = self._random.choice(
            (
                {"redirectUrl": f"{URL}/b/room"},
                {"redirectUrl": f"{URL}/b/room", "redirectFallbackUrl": f"{URL}/b/room"},
                {"redirectUrl": "https://nowhere.example/"},
                {"status": "completed"},
            )
        )
        return _json("POST", f"{BANDWIDTH}/conferences/{self._room_id(self._room())}", fields)

    def _put_room_bxml(self) -> Write:
        document = self._cast.room_bxml(self._random)
        return _xml(f"{BANDWIDTH}/conferences/{self._room_id(self._room())}/bxml", document)

    # --- calls ------------------------------------------------------------------------------------------

    def _update_call(self) -> Write:
        random = self._random
        form = random.choice(
            (
                {"Url": f"{URL}/t/voice"},
                {"Url": f"{URL}/t/voice"},
                {"Twiml": self._cast.document("t", random)},
                {"Twiml": self._cast.document("t", random)},
                {"Status": "completed"},
                {"Status": "canceled"},
                {"StatusCallback": self._cast.callback()},
                {"TimeLimit": "3"},
                {"Twiml": "<Response><Dia"},
            )
        )
        return _form("POST", f"{TWILIO}/Calls/CA{self._call()}.json", form)

    def _update_bandwidth_call(self) -> Write:
        random = self._random
        path = f"{BANDWIDTH}/calls/{self._call_id(self._call())}"
        chance = random.random()
        if chance < 0.4:
            return _xml(f"{path}/bxml", self._cast.document("b", random))
        if chance < 0.55 and len(self.known.live_calls) > 1:
            target = self._call_id(random.choice(self.known.live_calls))
            return _xml(f"{path}/bxml", f"<Response><Bridge>{target}</Bridge></Response>")
        fields = {"state": "completed"} if chance < 0.7 else {"redirectUrl": f"{URL}/b/voice", "tag": "again"}
        return _json("POST", path, fields)

    def _update_restcomm_call(self) -> Write:
        form = self._random.choice(
            (
                {"Url": f"{URL}/r/voice"},
                {"Url": f"{URL}/r/voice", "MoveConnectedCallLeg": "true"},
                {"Status": "completed"},
                {"Status": "canceled"},
                {"Mute": "true"},
            )
        )
        return _form("POST", f"{RESTCOMM}/Calls/CA{self._call()}.json", form)

    def _place(self) -> Write:
        random = self._random
        to = random.choice(self._cast.addresses())
        letter = random.choice("tbr")
        if letter == "b":
            fields: dict[str, Any] = {
                "from": "+15550100",
                "to": to,
                "answerUrl": f"{URL}/b/voice",
                "applicationId": self._application,
                "callTimeout": 5,
            }
            if random.random() < 0.5:
                fields["disconnectUrl"] = self._cast.callback()
            return _json("POST", f"{BANDWIDTH}/calls", fields)
        form = {"From": "+15550100", "To": to, "Url": f"{URL}/{letter}/voice", "Timeout": "5"}
        if random.random() < 0.5:
            form["StatusCallback"] = self._cast.callback()
        if letter == "t" and random.random() < 0.3:
            form["Record"] = "true"
        return _form("POST", f"{TWILIO if letter == 't' else RESTCOMM}/Calls.json", form)

    def _send_digits(self) -> Write:
        form = {"Twiml": f'<Response><Play digits="12w3"/>{self._cast.document("t", self._random)[49:]}'}
        return _form("POST", f"{TWILIO}/Calls/CA{self._call()}.json", form)

    # --- recordings -------------------------------------------------------------------------------------

    def _record(self) -> Write:
        random, known = self._random, self.known
        if random.random() < 0.5 or not known.recordings:
            owner = f"Conferences/CF{self._room()}" if random.random() < 0.5 else f"Calls/CA{self._call()}"
            form = {}
            if random.random() < 0.4:
                form = {
                    "RecordingStatusCallback": self._cast.callback(),
                    "RecordingStatusCallbackEvent": "in-progress completed absent",
                }
            return _form("POST", f"{TWILIO}/{owner}/Recordings.json", form)
        kind, owner_id, recording = random.choice(known.recordings)
        owner = f"{kind}/{'CF' if kind == 'Conferences' else 'CA'}{owner_id}"
        which = "Twilio.CURRENT" if random.random() < 0.2 else f"RE{recording}"
        form = random.choice(
            (
                {"Status": "paused"},
                {"Status": "paused", "PauseBehavior": "skip"},
                {"Status": "in-progress"},
                {"Status": "stopped"},
            )
        )
        return _form("POST", f"{TWILIO}/{owner}/Recordings/{which}.json", form)

    def _record_bandwidth(self) -> Write:
        fields = {"state": self._random.choice(("paused", "recording"))}
        return _json("PUT", f"{BANDWIDTH}/calls/{self._call_id(self._call())}/recording", fields)

    def _delete(self) -> Write:
        random, known = self._random, self.known
        if random.random() < 0.3:
            return Write("DELETE", f"{TWILIO}/Calls/CA{self._call()}.json", {})
        recording = random.choice(known.recordings)[2] if known.recordings else NOBODY
        base = random.choice((TWILIO, RESTCOMM))
        return Write("DELETE", f"{base}/Recordings/RE{recording}.json", {})


def _form(method: str, path: str, form: dict[str, str]) -> Write:
    return Write(method, path, {"form": form})


def _json(method: str, path: str, fields: dict[str, Any]) -> Write:
    body = json.dumps(fields).encode()
    return Write(method, path, {"body": body, "content_type": "application/json"})


def _xml(path: str, document: str) -> Write:
    return Write("PUT", path, {"body": document.encode(), "content_type": "application/xml"})
