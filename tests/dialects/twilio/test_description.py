"""Whatever the vendor's description allows, and what it forbids, gets an answer and never a failure.

tests/data/twilio-conferences.openapi.json is cut from Twilio's OpenAPI description. Requests go through the whole
shell, in process.
"""

import asyncio
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from schemathesis import GenerationMode

from desks import KeptLog, make_desk
from dialects.acting_commands import ActingCommands
from dialects.cast import (
    ACME,
    ALICE,
    BOB,
    STANDUP,
    conference,
    enter,
    fill,
    participant,
    recording,
    standup,
)
from dialects.cast import call as leg
from dialects.twilio_asking import BASE, LOGIN, A
from hubbub.dialects.contract import Desk
from hubbub.dialects.twilio import DIALECT
from hubbub.domain.conference import ConferenceState, EndReason
from hubbub.domain.ids import RecordingId
from hubbub.domain.recording import RecordingState
from hubbub.storage.memory import MemoryStore
from hubbub.web.app import build_app
from hubbub.web.settings import WebLimits, WebSettings

DESCRIPTION = schemathesis.openapi.from_path(
    Path(__file__).parents[2] / "data" / "twilio-conferences.openapi.json"
)
OPERATIONS = [found.ok() for found in DESCRIPTION.get_all_operations()]
KNOWN = {"AccountSid": f"AC{ACME}", "ConferenceSid": f"CF{STANDUP}", "CallSid": f"CA{ALICE}"}
RECORDING = RecordingId("1" * 32)
CALLABLE = {
    "From": "+15551112345",
    "To": "+15559998765",
    "Url": "https://a.example",
    "Status": "completed",
    "Muted": True,
    "Hold": False,
}
PAUSE = {"Status": "paused", "PauseBehavior": "skip"}
MOSTLY = st.sampled_from((True, True, True, False))


def budget(examples: int) -> settings:
    return settings(
        suppress_health_check=list(HealthCheck),
        max_examples=examples,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
    )


async def furnished() -> tuple[Desk, httpx.AsyncClient]:
    store = MemoryStore()
    await fill(store)
    ended = conference(7, reason_ended=EndReason.LAST_LEFT, call_ending=BOB, node="n1")
    waiting = standup(id="7" * 32, name="w", state=ConferenceState.INIT)
    await enter(store, standup(), ended, waiting, leg(ALICE), leg(BOB))
    await enter(store, participant(ALICE, label="alice"), participant(BOB, coaching=True, coached=(ALICE,)))
    await enter(store, recording(RECORDING, state=RecordingState.IN_PROGRESS))
    desk = make_desk(store, commands=ActingCommands(store).commands)
    limits = WebLimits(auth_failures_max=10**9, auth_guesses_max=10**9)
    shell = build_app(desk, [DIALECT], WebSettings(limits=limits), CollectorRegistry(), dict)
    return desk, httpx.AsyncClient(transport=httpx.ASGITransport(app=cast(Any, shell)), base_url=BASE)


async def ask(http: httpx.AsyncClient, prepared: requests.PreparedRequest) -> httpx.Response:
    assert prepared.url is not None
    headers = {
        name: str(value) for name, value in prepared.headers.items() if name.lower() != "authorization"
    }
    return await http.request(
        prepared.method or "GET",
        prepared.url,
        headers={**headers, **LOGIN},
        content=cast(Any, prepared.body),
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.label)
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda each: each.value)
def test_every_answer_keeps_to_the_vendors_schema(
    operation: schemathesis.schemas.APIOperation, mode: GenerationMode
) -> None:
    answered: dict[int, int] = {}

    @budget(20)
    @given(case=operation.as_strategy(generation_mode=mode), own=MOSTLY, known=MOSTLY, callable_=MOSTLY)
    def check(case: schemathesis.Case, own: bool, known: bool, callable_: bool) -> None:
        if callable_ and isinstance(case.body, dict) and mode is GenerationMode.POSITIVE:
            # What the description calls a text is mostly no telephone number and no URL.
            wanted = PAUSE if "Recordings" in operation.path else CALLABLE
            case.body = {name: value for name, value in wanted.items() if name in operation_fields(operation)}
        if own:
            case.path_parameters["AccountSid"] = KNOWN["AccountSid"]
        if own and known:
            for name in case.path_parameters:
                case.path_parameters[name] = KNOWN.get(name, _instance(operation.path))
            # Any text is a token to the description, and hardly any to us.
            case.query.pop("PageToken", None)
        arguments = case.as_transport_kwargs(base_url=BASE)
        arguments.pop("cookies", None)
        prepared = requests.Request(**arguments).prepare()
        response = runner.run(ask(http, prepared))
        answered[response.status_code] = answered.get(response.status_code, 0) + 1
        assert response.status_code < 500
        assert set(response.json()) if response.content and ".json" in operation.path else True
        if response.status_code in (200, 201):
            headers = {name: [value] for name, value in response.headers.items()}
            status = response.status_code
            case.operation.validate_response(
                schemathesis.Response(status, headers, response.content, prepared, 0.0, verify=False)
            )

    with asyncio.Runner() as runner:
        desk, http = runner.run(furnished())
        check()
        runner.run(http.aclose())
    assert cast(KeptLog, desk.log).entries == []
    if mode is GenerationMode.POSITIVE:
        good = {200, 201, 204} & set(answered)
        assert good or (operation.method == "delete" and 409 in answered), answered


def operation_fields(operation: schemathesis.schemas.APIOperation) -> set[str]:
    """The names of a form's parameters."""
    content = operation.definition.raw["requestBody"]["content"]
    return set(content["application/x-www-form-urlencoded"]["schema"]["properties"])


def _instance(path: str) -> str:
    """A known `{Sid}` for a path."""
    for collection, sid in (("Calls/", f"CA{ALICE}"), ("Recordings/", f"RE{RECORDING}")):
        if f"{collection}{{Sid}}" in path:
            return sid
    return f"CF{STANDUP}"


async def test_lists_of_every_state_keep_to_the_schema() -> None:
    """The generator rarely finds a room; these pages hold one of each kind."""
    _, http = await furnished()
    for path, label in (
        (f"{A}/Conferences.json?Status=init", "ListConference"),
        (f"{A}/Conferences.json?Status=in-progress", "ListConference"),
        (f"{A}/Conferences.json?Status=completed", "ListConference"),
        (f"{A}/Conferences/CF{STANDUP}/Participants.json", "ListParticipant"),
        (f"{A}/Conferences/CF{STANDUP}.json", "FetchConference"),
        (f"{A}/Conferences/CF{STANDUP}/Participants/alice.json", "FetchParticipant"),
        (f"{A}/Calls/CA{ALICE}.json", "FetchCall"),
    ):
        [operation] = [each for each in OPERATIONS if each.definition.raw["operationId"] == label]
        response = await http.get(path, headers=LOGIN)
        assert response.status_code == 200
        headers = {name: [value] for name, value in response.headers.items()}
        prepared = requests.Request("GET", f"{BASE}{path}").prepare()
        operation.validate_response(
            schemathesis.Response(200, headers, response.content, prepared, 0.0, verify=False)
        )
        rows = [row for value in response.json().values() if isinstance(value, list) for row in value]
        assert rows or "List" not in label
    await http.aclose()


def test_every_operation_of_the_description_has_a_route() -> None:
    described = {(each.method.upper(), each.path) for each in OPERATIONS}
    assert described <= {(route.method, route.template) for route in DIALECT.routes}
