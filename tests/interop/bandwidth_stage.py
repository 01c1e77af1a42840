"""Where Bandwidth's clients are at work: a room with three baresips and two sipps, a carrier, and a customer whose
documents the vendor's own builder writes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bandwidth.models.bxml import Conference, PlayAudio, Response, StartRecording, Verb

from hubbub.domain.ids import uuid_text
from interop import stage
from interop.conftest import wait_until
from interop.customer import NOTED, Answer, Asked
from interop.hands import Hand, Refused, Wish

ROOM = "standup"
NUMBER, CARRIED = "+15550100", "+15551112222"
DESK_HZ, CARRIED_HZ, ALICE_HZ, BOB_HZ = VOICES = (440, 610, 800, 1010)
SOUNDS_HZ = {"first": 1370, "second": 1610, "asked": 1850, "unkept": 2090, "whispered": 2330, "bye": 2570}
UNHEARD_HZ = 300
USER, PASSWORD = "acme", "open sesame"


class Stage(stage.Stage):
    """See `stage.Stage`.

    Attributes:
        desk_id, carried_id, alice_id, bob_id: calls, once they are known. The desk and the carrier's are called, the
            other two call.
        room: the conference's id.
        application: the id of what callers reach.
        answers: to conference events, by their type.
    """

    def __init__(self, folder: Path, hand: Callable[[str, str, str, str], Hand]) -> None:
        super().__init__(folder, VOICES, SOUNDS_HZ)
        self._make_hand = hand
        self._hand: Hand
        self.desk_id = self.carried_id = self.alice_id = self.bob_id = self.room = self.application = ""
        self.answers: dict[str, Answer] = {}

    def open(self) -> None:
        who, url = self.server.credentials["bandwidth"], self.customer.url
        self._hand = self._make_hand(self.wire.url, who["username"], who["password"], who["account_id"])
        self.closing.callback(self._hand.close)
        self.customer.answers("/initiate", said(self.conference(), self.play("bye")))
        self.customer.answers("/room", self._answer_room)
        self.customer.answers("/broken", Answer(status=500))
        words = ("application", "create", "support", f"{url}/initiate", "--dialect", "bandwidth")
        self.server.hubbub(*words, "--status-callback", f"{url}/gone")
        [application] = json.loads(self.server.hubbub("application", "list", "--json").stdout)
        self.application = uuid_text(application["id"])
        self.server.hubbub("number", "create", NUMBER, "--application", "support")
        self.desk("desk7", DESK_HZ)
        self.office.desk("nobody", UNHEARD_HZ, answers=False)
        self.office.carrier("carrier", CARRIED_HZ)
        self.office.is_open()

    # --- the customer -----------------------------------------------------------------------------------

    def conference(self, name: str = ROOM) -> Conference:
        """The verb with which everybody enters."""
        return Conference(name, conference_event_url=self.customer.url + "/room", tag="monday")

    def play(self, sound: str) -> PlayAudio:
        return PlayAudio(f"{self.customer.url}/{sound}.wav")

    def record(self, path: str) -> StartRecording:
        return StartRecording(recording_available_url=self.customer.url + path)

    def _answer_room(self, asked: Asked) -> Answer:
        return self.answers.get(asked.json["eventType"], NOTED)

    def told(self, path: str) -> list[dict[str, Any]]:
        """The webhooks that came to a path, in their order."""
        return [each.json for each in self.customer.at(path)]

    def asked_for_password(self, path: str) -> dict[str, Any]:
        """The one webhook that came to a path: first without the password, as the vendor does, and then with it."""
        challenged, answered = self.customer.at(path)
        assert (challenged.headers["Authorization"], challenged.body) == (None, answered.body)
        event: dict[str, Any] = answered.json
        return event

    # --- the room ---------------------------------------------------------------------------------------

    def four_dial_in(self) -> None:
        """Alice and Bob, each on a baresip, and two sipps who say nothing."""
        self.alice_id = self.enters(lambda: self.dials_in("alice", ALICE_HZ, NUMBER))
        self.bob_id = self.enters(lambda: self.dials_in("bob", BOB_HZ, NUMBER))
        self.silent_sipps_dial_in(NUMBER, 2)
        wait_until(lambda: len(self.members()) == 6, "six are in the room", 20)

    def enters(self, dial: Callable[[], object]) -> str:
        """Let somebody come; returns the call's id."""
        before = set(self.members())
        dial()
        wait_until(lambda: len(set(self.members()) - before) == 1, "one more is in the room", 20)
        [new] = set(self.members()) - before
        return new

    def members(self) -> list[str]:
        """Call ids of those in the room, as the hand reads them."""
        if not self.room:
            found = self.does("listConferences", ROOM, status=200)
            if not found:
                return []
            self.room = found[-1]["id"]
        room = self.does("getConference", self.room, status=200)
        return [member["callId"] for member in room["activeMembers"]]

    @contextmanager
    def all_are_played(self, *sounds: str) -> Iterator[None]:
        """What is done in this context makes everybody hear these sounds, one after another and never two at once."""
        marks = {ear: ear.now() for ear in self.ears.values()}
        yield
        expected = [SOUNDS_HZ[sound] for sound in sounds]

        def is_so() -> bool:
            return all(each == expected for each in self.played(marks).values())

        wait_until(is_so, f"all hear {expected}", 15)
        self.all_hear_one_another()
        assert is_so(), f"played: {list(self.played(marks).values())}"

    # --- the hand ---------------------------------------------------------------------------------------

    def does(self, operation: str, *where: str, status: int, **parameters: Any) -> Any:
        """Let the hand do an operation, which must answer with this status; what the library makes of the answer."""
        try:
            came = self._hand(operation, *where, **parameters)
        except Refused as refused:
            came = refused
        answered = self.wire.passed[-1].status
        assert answered == status == getattr(came, "status", status), (operation, answered, came)
        return came

    def do_at_once(self, *wishes: Wish) -> None:
        """Let the hand do several operations at the same time, all of which must be done."""
        before = len(self.wire.passed)
        self._hand.at_once(*wishes)
        answers = [each.status for each in self.wire.passed[before:]]
        assert answers == [204] * len(wishes), answers

    def sound(self, operation: str, *where: str) -> bytes:
        """Let the hand download a recording."""
        return base64.b64decode(self.does(operation, *where, status=200))


def said(*verbs: Verb) -> Answer:
    """BXML as the vendor's builder writes it."""
    return Answer(Response(list(verbs)).to_bxml().encode())
