"""A dialect that says back what it heard, to test the shell with."""

import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from desks import make_desk
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse, Route
from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus, Credential, CredentialKind
from hubbub.domain.ids import AccountId, CredentialId
from hubbub.services.accounts.authenticate import Caller
from hubbub.services.ports import Store

Answer = Callable[[HttpRequest], HttpResponse]


class Parrot:
    name = "parrot"
    prefixes: Sequence[str] = ("/parrot",)
    routes: Sequence[Route] = ()
    answers_cross_origin = False

    def __init__(self) -> None:
        self.heard: list[HttpRequest] = []
        self.answers: dict[str, Answer] = {}

    async def handle(self, request: HttpRequest, desk: Desk) -> HttpResponse:
        self.heard.append(request)
        answer = self.answers.get(request.path)
        if answer is not None:
            return answer(request)
        said = {"method": request.method, "path": request.path, "query": request.query}
        said |= {"body": len(request.body), "base_url": request.base_url, "client": request.client_host}
        return HttpResponse(200, json.dumps(said).encode(), "application/json", (("Link", "<a>; rel=next"),))

    async def identify(self, request: HttpRequest, desk: Desk) -> Caller | None:
        """Whoever writes a name."""
        name = request.headers.get("authorization", "")
        if not name:
            return None
        account = Account(
            AccountId(name), None, name, None, AccountStatus.ACTIVE, ADMINISTRATOR, "9900001", 0, 0
        )
        return Caller(account, Credential(CredentialId(name), account.id, CredentialKind.USER, name, (), 0))

    def refuse(self, request: HttpRequest, status: int, reason: str) -> HttpResponse:
        return HttpResponse(status, f"squawk: {reason}".encode(), "text/parrot")


class NoStore:
    """Holds nothing; its version is set by hand."""

    def __init__(self) -> None:
        self.number = 0

    def version(self) -> int:
        return self.number


def parrot_desk() -> Desk:
    return make_desk(cast(Store, NoStore()))


def said(response: Any) -> dict[str, Any]:
    return cast(dict[str, Any], response.json())
