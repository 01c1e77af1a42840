"""That a request counts for the one operation that it asked for, so that a write which no story does cannot hide."""

import pytest

from hubbub.dialects.bandwidth.dialect import BandwidthDialect
from hubbub.dialects.contract import Dialect
from hubbub.dialects.restcomm.dialect import RestcommDialect
from hubbub.dialects.twilio.dialect import TwilioDialect
from interop.driven import parameters, statuses, writes
from interop.wiretap import Passed

BANDWIDTH, RESTCOMM, TWILIO = BandwidthDialect(), RestcommDialect(), TwilioDialect()
PLACE = "/api/v2/accounts/9900000"
TWILIO_PLACE = "/2010-04-01/Accounts/AC1"
RESTCOMM_PLACE = "/restcomm/2012-04-24/Accounts/AC1"


@pytest.mark.parametrize(
    ("dialect", "method", "path", "operation"),
    [
        (BANDWIDTH, "POST", f"{PLACE}/calls", "createCall"),
        (BANDWIDTH, "POST", f"{PLACE}/calls/c-1", "updateCall"),
        (BANDWIDTH, "PUT", f"{PLACE}/calls/c-1/bxml", "updateCallBxml"),
        (BANDWIDTH, "DELETE", f"{PLACE}/calls/c-1/recordings/r-1", "deleteRecording"),
        (BANDWIDTH, "DELETE", f"{PLACE}/calls/c-1/recordings/r-1/media", "deleteRecordingMedia"),
        (BANDWIDTH, "POST", "/api/v1/oauth2/token", "getOAuth2Token"),
        (RESTCOMM, "POST", f"{RESTCOMM_PLACE}/Calls.json", "CreateCall"),
        (RESTCOMM, "POST", f"{RESTCOMM_PLACE}/Calls.json/CA1", "UpdateCall"),
        (
            RESTCOMM,
            "POST",
            f"{RESTCOMM_PLACE}/Conferences.json/CF1/Participants/CA1.json",
            "UpdateParticipant",
        ),
        (RESTCOMM, "GET", f"{RESTCOMM_PLACE}/Recordings/RE1.wav", "FetchRecordingMedia"),
        (RESTCOMM, "GET", f"{RESTCOMM_PLACE}/Recordings/RE1.json", "FetchRecording"),
        (TWILIO, "POST", f"{TWILIO_PLACE}/Conferences/My%20Room/Participants.json", "CreateParticipant"),
        (TWILIO, "POST", f"{TWILIO_PLACE}/Conferences/CF1/Participants/desk.json", "UpdateParticipant"),
        (TWILIO, "DELETE", f"{TWILIO_PLACE}/Calls/CA1/Recordings/RE1.json", "DeleteCallRecording"),
        (TWILIO, "DELETE", f"{TWILIO_PLACE}/Recordings/RE1.json", "DeleteRecording"),
        (TWILIO, "GET", f"{TWILIO_PLACE}/Recordings/RE1.json", "FetchRecording"),
        (TWILIO, "GET", f"{TWILIO_PLACE}/Recordings/RE1", "FetchRecordingMedia"),
    ],
)
def test_a_request_counts_for_its_operation_alone(
    dialect: Dialect, method: str, path: str, operation: str
) -> None:
    assert statuses(dialect, [Passed(method, path, b"", 204)]) == {operation: [204]}


def test_what_is_no_operation_counts_for_none() -> None:
    passed = [
        Passed("PUT", f"{PLACE}/calls/c-1", b"", 405),
        Passed("POST", f"{PLACE}/calls/c-1/elsewhere", b"", 404),
        Passed("POST", "/2010-04-01/Accounts/AC1/Calls.json", b"", 201),
    ]
    assert statuses(BANDWIDTH, passed) == {}


def test_every_method_that_changes_something_is_a_write() -> None:
    operations = {route.operation for route in writes(BANDWIDTH)}
    reads = {route.operation for route in BANDWIDTH.routes} - operations
    assert {"createCall", "updateConferenceMember", "deleteRecording", "getOAuth2Token"} <= operations
    assert all(name.startswith(("list", "get", "download")) for name in reads)


def test_parameters_count_only_where_the_operation_was_done() -> None:
    path = f"{TWILIO_PLACE}/Calls/CA1.json"
    passed = [
        Passed("POST", path, b"Status=completed", 200),
        Passed("POST", path, b"Url=&Method=GET", 200),
        Passed("POST", path, b"Twiml=x", 400),
    ]
    assert parameters(TWILIO, passed) == {"UpdateCall": {"Status", "Url", "Method"}}
