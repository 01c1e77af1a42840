"""Where Restcomm's API is at work: a room that a carrier's call makes, two desks, a caller, and a customer with RCML.

Restcomm's libraries are published no longer. Requests are plain here, and take the paths that they took.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from interop import stage
from interop.conftest import wait_until
from interop.customer import Answer

ROOM = "standup"
NUMBER, CARRIED = "+15550100", "+15551112222"
CARRIED_HZ, ALICE_HZ, ANN_HZ, BEN_HZ = VOICES = (440, 610, 800, 1010)
UNHEARD_HZ = 300
ENTER = f'<Conference beep="false" waitUrl="">{ROOM}</Conference>'
PAGES = {
    "/enter": f"<Dial>{ENTER}</Dial>",
    "/make": f'<Dial record="true">{ENTER}</Dial>',
    "/pair": "<Dial><Client>ben</Client></Dial>",
    "/aside": '<Dial><Conference beep="false" waitUrl="">aside</Conference></Dial>',
}


class Stage(stage.Stage):
    """See `stage.Stage`.

    Attributes:
        carried, alice, ann: SIDs of calls, once they are known. Ann's and Ben's desks are called, the number is a
            carrier's, and Alice calls.
        room: the conference's SID.
        http: a client with the account's SID and token.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, VOICES, {})
        self.http: httpx.Client
        self.carried = self.alice = self.ann = self.room = ""

    def open(self) -> None:
        who = self.server.credentials["restcomm"]
        base = f"{self.wire.url}/restcomm/2012-04-24/Accounts/{who['account_sid']}"
        self.http = httpx.Client(base_url=base, auth=(who["account_sid"], who["auth_token"]))
        self.closing.callback(self.http.close)
        for path, verbs in PAGES.items():
            self.customer.serves_markup(path, verbs)
        self.customer.answers("/broken", Answer(status=500))
        enter = self.customer.url + "/enter"
        self.server.hubbub("application", "create", "support", enter, "--dialect", "restcomm")
        self.server.hubbub("number", "create", NUMBER, "--application", "support")
        self.desk("ann", ANN_HZ)
        self.desk("ben", BEN_HZ)
        self.office.desk("nobody", UNHEARD_HZ, answers=False)
        self.office.carrier("carrier", CARRIED_HZ)
        self.office.is_open()

    # --- requests ---------------------------------------------------------------------------------------

    def post(self, path: str, status: int = 200, /, **form: str) -> Any:
        """Change or make something, which must answer with this status; the answer as JSON, or None of a refusal."""
        answer = self.http.post(path, data=form)
        assert answer.status_code == status, (path, form, answer.status_code, answer.text)
        return answer.json() if status == 200 else None

    def get(self, path: str, **query: str) -> Any:
        answer = self.http.get(path, params=query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def calls(self, to: str, page: str, **form: str) -> str:
        """Have somebody called, who is then asked for a page; the call's SID."""
        wish = {"From": NUMBER, "To": to, "Url": self.customer.url + page}
        made: str = self.post("/Calls.json", **wish, **form)["sid"]
        return made

    def status_of(self, sid: str) -> str:
        status: str = self.get(f"/Calls.json/{sid}")["status"]
        return status

    def inside(self) -> list[str]:
        """SIDs of the calls in the room."""
        found = self.get("/Conferences.json", Status="RUNNING%", FriendlyName=ROOM)["conferences"]
        if not found:
            return []
        self.room = found[0]["sid"]
        members = self.get(f"/Conferences.json/{self.room}/Participants.json")["calls"]
        return [member["sid"] for member in members]

    def are_inside(self, count: int) -> None:
        wait_until(lambda: len(self.inside()) == count, f"{count} are in the room", 20)

    def told(self, path: str) -> list[tuple[str, str]]:
        """How far a call had come at each callback, and the callback's number."""
        return [(form["CallStatus"], form["SequenceNumber"]) for form in self.customer.forms(path)]
