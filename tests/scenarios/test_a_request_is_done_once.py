"""A client that saw no answer asks again under the same Idempotency-Key: one call is made, in every dialect."""

import json

import pytest

from hubbub.domain.ids import uuid_text
from hubbub.lab.lab import Lab

KEY = {"Idempotency-Key": "a1b2"}


@pytest.mark.parametrize("dialect", ["twilio", "bandwidth", "restcomm"])
async def test_a_call_that_is_asked_for_twice_is_made_once(lab: Lab, dialect: str) -> None:
    bob = lab.caller("bob")
    application = await lab.application("http://acme.example/voice", dialect=dialect)
    lab.customer("http://acme.example/", lambda request: "<Response><Pause length='1'/></Response>")
    who = lab.credentials[dialect]
    wish: dict[str, object]
    if dialect == "bandwidth":
        wish = {
            "to": f"sip:bob@{bob.host}",
            "from": "+15550100",
            "applicationId": uuid_text(application.id),
            "answerUrl": "http://acme.example/voice",
        }
        path = f"/api/v2/accounts/{who['account_id']}/calls"
    else:
        wish = {"To": f"sip:bob@{bob.host}", "From": "+15550100", "Url": "http://acme.example/voice"}
        root = "/2010-04-01" if dialect == "twilio" else "/restcomm/2012-04-24"
        path = f"{root}/Accounts/{who['account_sid']}/Calls.json"

    async def ask(body: dict[str, object]) -> tuple[int, str, str | None]:
        if dialect == "bandwidth":
            text = json.dumps(body).encode()
            answer = await lab.client.request(
                "POST", path, body=text, content_type="application/json", headers=KEY
            )
        else:
            answer = await lab.client.post(path, body, headers=KEY)
        return answer.status, answer.text, answer.headers.get("idempotency-replayed")

    first, second = await ask(wish), await ask(wish)
    assert first[0] in (200, 201), first
    assert second[:2] == first[:2]
    assert (first[2], second[2]) == (None, "true")
    events = await lab.events()
    assert [entry.event.kind.value for entry in events].count("call-queued") == 1
    other = await ask({**wish, ("tag" if dialect == "bandwidth" else "StatusCallback"): "http://x.example"})
    assert other[0] == 422
