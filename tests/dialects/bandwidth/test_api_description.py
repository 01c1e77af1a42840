"""Whatever the vendor's description allows, and what it forbids, gets an answer that it declares.

tests/data/bandwidth.openapi.json is Bandwidth's OpenAPI description of its Voice API without the prose.
"""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from commands_twin import CommandsTwin
from desks import make_desk
from dialects.bandwidth_asking import BASE, LOGIN
from dialects.cast import (
    ACME_NUMBER,
    ALICE,
    APPLICATION,
    RECORDED_CALL,
    RECORDED_ROOM,
    application,
    conference,
    enter,
    fill,
    participant,
    recording,
    standup,
)
from dialects.cast import call as leg
from hubbub.dialects.bandwidth import DIALECT
from hubbub.dialects.contract import Desk, HttpRequest, HttpResponse
from hubbub.domain.ids import uuid_text
from hubbub.storage.memory import MemoryStore

DESCRIPTION = schemathesis.openapi.from_path(Path(__file__).parents[2] / "data" / "bandwidth.openapi.json")
OPERATIONS = [found.ok() for found in DESCRIPTION.get_all_operations()]
KNOWN = {
    "conferenceId": "conf-00000001-0f1e2d3c-4b5a-4697-8877-665544332211",
    "memberId": "c-00000001-00112233-4455-4677-8899-aabbccddeeff",
    "callId": "c-00000001-00112233-4455-4677-8899-aabbccddeeff",
}
BUDGET = settings(
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.filter_too_much,
        HealthCheck.too_slow,
    ],
    max_examples=20,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)


async def furnished() -> Desk:
    store = MemoryStore()
    await fill(store)
    await enter(
        store,
        standup(),
        conference(1),
        leg(ALICE),
        participant(ALICE),
        application(),
        recording(RECORDED_CALL, call_id=ALICE, conference_id=None),
        recording(RECORDED_ROOM),
    )
    twin = CommandsTwin()
    twin.sounds |= {RECORDED_CALL: b"RIFF", RECORDED_ROOM: b"RIFF"}
    return make_desk(store, commands=twin.commands)


async def answer(desk: Desk, case: schemathesis.Case) -> tuple[HttpResponse, requests.PreparedRequest]:
    """What the dialect says to a generated case, asked as Acme about Acme's own account half the time."""
    arguments = case.as_transport_kwargs(base_url=f"{BASE}/api/v2")
    arguments.pop("cookies", None)
    arguments["headers"] = {**arguments.get("headers", {}), **LOGIN}
    prepared = requests.Request(**arguments).prepare()
    assert prepared.url is not None
    parts = urlsplit(prepared.url)
    body = prepared.body or b""
    request = HttpRequest(
        prepared.method or "GET",
        parts.path,
        parts.query,
        {name.lower(): str(value) for name, value in prepared.headers.items()},
        body.encode() if isinstance(body, str) else bytes(body),
        BASE,
    )
    response = await DIALECT.handle(request, desk)
    if response.stream is not None:
        response.body = b"".join([chunk async for chunk in response.stream.chunks])
    return response, prepared


def as_received(response: HttpResponse, prepared: requests.PreparedRequest) -> schemathesis.Response:
    headers = {name.lower(): [value] for name, value in response.headers}
    if response.content_type is not None:
        headers["content-type"] = [response.content_type]
    return schemathesis.Response(response.status, headers, response.body, prepared, 0.0, verify=False)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda each: each.value)
def test_every_answer_is_one_the_description_declares(
    operation: schemathesis.schemas.APIOperation, mode: GenerationMode
) -> None:
    answered = set()
    recorded = RECORDED_ROOM if "conferences" in operation.path else RECORDED_CALL
    known_ids = KNOWN | {"recordingId": f"r-00000001-{uuid_text(recorded)}"}

    @BUDGET
    @given(case=operation.as_strategy(generation_mode=mode), own=st.booleans(), known=st.booleans())
    def check(case: schemathesis.Case, own: bool, known: bool) -> None:
        if own:
            case.path_parameters["accountId"] = ACME_NUMBER
            for name, id_ in known_ids.items():
                if known and name in case.path_parameters:
                    case.path_parameters[name] = id_
            if known and isinstance(case.body, dict) and "applicationId" in case.body:
                case.body["applicationId"] = uuid_text(APPLICATION)
        response, prepared = runner.run(answer(desk, case))
        answered.add(response.status)
        assert response.status < 500
        assert response.status not in (406, 422)
        case.operation.validate_response(as_received(response, prepared))

    with asyncio.Runner() as runner:
        desk = runner.run(furnished())
        check()
    assert answered & {200, 201, 204, 400, 404}
    assert 403 in answered
