"""Markup for the scenarios: TwiML that joins a room, as a customer's web server would answer it."""

from __future__ import annotations

from collections.abc import Callable

from hubbub.lab.customer import CustomerRequest

URL = "https://acme.example/voice"


def conference(name: str = "standup", **attributes: str) -> str:
    """A document that joins a room without entry tones; attributes as Twilio writes them."""
    wanted = {"beep": "false", "waitUrl": "", **attributes}
    text = " ".join(f'{key}="{value}"' for key, value in wanted.items())
    return f"<Response><Dial><Conference {text}>{name}</Conference></Dial></Response>"


def by_caller(**documents: str) -> Callable[[CustomerRequest], str]:
    """A customer who answers each caller with a document of his own."""

    def answer(request: CustomerRequest) -> str:
        return documents[request.params["From"].removeprefix("sip:").partition("@")[0]]

    return answer
