"""A customer application as Restcomm's guide writes one, for the scenarios: pages of RCML, and requests to the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from hubbub.lab.caller import Caller
from hubbub.lab.customer import CustomerRequest
from hubbub.lab.lab import Lab
from hubbub.lab.web import LabResponse

URL = "https://acme.example"
ACCOUNT = "/restcomm/2012-04-24/Accounts/{AccountSid}"
NUMBER = "+15550100"

Page: TypeAlias = "str | Callable[[dict[str, str]], str]"


def rcml(*verbs: str) -> str:
    return f"<Response>{''.join(verbs)}</Response>"


def conference(name: str, **attributes: str) -> str:
    """A verb that joins a room without entry tones."""
    words = " ".join(
        f'{key}="{value}"' for key, value in {"beep": "false", "waitUrl": "", **attributes}.items()
    )
    return f"<Dial><Conference {words}>{name}</Conference></Dial>"


def room(name: str = "standup", **attributes: str) -> str:
    """A document that joins a room without entry tones."""
    return rcml(conference(name, **attributes))


class Application:
    """Acme's web server: a page for each path, `voice` for those who dial the number.

    Args:
        pages: documents, or what makes one of a request's parameters; others are empty.
    """

    def __init__(self, lab: Lab, **pages: Page) -> None:
        self.lab = lab
        self.pages = pages
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Page and parameters of every request so far."""

    async def open(self) -> Application:
        self.lab.customer(URL, self.answer)
        await self.lab.number(NUMBER, f"{URL}/voice", dialect="restcomm")
        return self

    def answer(self, request: CustomerRequest) -> str:
        name = request.url.partition("?")[0].rpartition("/")[2]
        self.asked.append((name, request.params))
        page = self.pages.get(name, rcml())
        return page if isinstance(page, str) else page(request.params)

    def told(self, page: str) -> list[dict[str, str]]:
        """The parameters of every request for a page."""
        return [parameters for name, parameters in self.asked if name == page]

    # --- requests ---------------------------------------------------------------------------------------

    async def get(self, path: str) -> Any:
        answer = await self.lab.get(ACCOUNT + path)
        assert answer.status == 200, answer.text
        return answer.json()

    async def post(self, path: str, **form: str) -> LabResponse:
        answer = await self.lab.post(ACCOUNT + path, form)
        assert answer.status == 200, answer.text
        return answer

    async def change(self, call_sid: str, **form: str) -> Any:
        """Modify a live call; what the API answers."""
        return (await self.post(f"/Calls/{call_sid}.json", **form)).json()

    async def call(self, callee: Caller, page: str, **form: str) -> str:
        """Call somebody, who gets a page when he answers; the call's SID."""
        asked = {"From": NUMBER, "To": callee.uri, "Url": f"{URL}/{page}", **form}
        said = (await self.post("/Calls.json", **asked)).json()
        assert said["status"] == "queued"
        return str(said["sid"])

    async def call_of(self, who: str) -> str:
        """The SID of somebody's newest call to us."""
        return str((await self.get(f"/Calls.json?From={who}"))["calls"][0]["sid"])

    async def room_of(self, name: str = "standup") -> str:
        """The SID of the room that runs under a name."""
        [found] = (await self.get(f"/Conferences.json?FriendlyName={name}&Status=RUNNING%25"))["conferences"]
        return str(found["sid"])

    async def inside(self, name: str = "standup") -> list[dict[str, Any]]:
        """Those in a room, in order of joining."""
        return list((await self.get(f"/Conferences/{await self.room_of(name)}/Participants.json"))["calls"])
