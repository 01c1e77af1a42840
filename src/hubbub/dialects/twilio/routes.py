"""What this dialect promises, operation by operation: docs/compatibility/twilio.md is generated from it."""

from typing import Final

from hubbub.dialects.contract import EXTENSION, Route
from hubbub.dialects.twilio.resource import API_VERSION

BASE: Final = f"/{API_VERSION}/Accounts/{{AccountSid}}"
CONFERENCE: Final = f"{BASE}/Conferences/{{ConferenceSid}}"
CALL: Final = f"{BASE}/Calls/{{CallSid}}"

INSIGHTS: Final = "The vendor's Insights API, which it serves from another host; from our own log."

ROUTES: Final = (
    Route("GET", f"{BASE}/Conferences.json", "ListConference"),
    Route("GET", f"{BASE}/Conferences/{{Sid}}.json", "FetchConference"),
    Route("POST", f"{BASE}/Conferences/{{Sid}}.json", "UpdateConference"),
    Route("GET", f"{CONFERENCE}/Participants.json", "ListParticipant"),
    Route("POST", f"{CONFERENCE}/Participants.json", "CreateParticipant"),
    Route("GET", f"{CONFERENCE}/Participants/{{CallSid}}.json", "FetchParticipant"),
    Route("POST", f"{CONFERENCE}/Participants/{{CallSid}}.json", "UpdateParticipant"),
    Route("DELETE", f"{CONFERENCE}/Participants/{{CallSid}}.json", "DeleteParticipant"),
    Route("GET", f"{CONFERENCE}/Recordings.json", "ListConferenceRecording"),
    Route(
        "POST",
        f"{CONFERENCE}/Recordings.json",
        "CreateConferenceRecording",
        "Starts recording a live conference; parameters as for a call.",
        tags=(EXTENSION,),
    ),
    Route("GET", f"{CONFERENCE}/Recordings/{{Sid}}.json", "FetchConferenceRecording"),
    Route(
        "POST",
        f"{CONFERENCE}/Recordings/{{Sid}}.json",
        "UpdateConferenceRecording",
        "`stopped` too, unless the setting `strict` is on.",
    ),
    Route("DELETE", f"{CONFERENCE}/Recordings/{{Sid}}.json", "DeleteConferenceRecording"),
    Route("GET", f"{BASE}/Calls.json", "ListCall"),
    Route("POST", f"{BASE}/Calls.json", "CreateCall"),
    Route("GET", f"{BASE}/Calls/{{Sid}}.json", "FetchCall"),
    Route("POST", f"{BASE}/Calls/{{Sid}}.json", "UpdateCall"),
    Route("DELETE", f"{BASE}/Calls/{{Sid}}.json", "DeleteCall"),
    Route("GET", f"{CALL}/Recordings.json", "ListCallRecording"),
    Route("POST", f"{CALL}/Recordings.json", "CreateCallRecording"),
    Route("GET", f"{CALL}/Recordings/{{Sid}}.json", "FetchCallRecording"),
    Route("POST", f"{CALL}/Recordings/{{Sid}}.json", "UpdateCallRecording"),
    Route("DELETE", f"{CALL}/Recordings/{{Sid}}.json", "DeleteCallRecording"),
    Route("GET", f"{BASE}/Recordings.json", "ListRecording"),
    Route("GET", f"{BASE}/Recordings/{{Sid}}.json", "FetchRecording"),
    Route(
        "GET",
        f"{BASE}/Recordings/{{Sid}}",
        "FetchRecordingMedia",
        "Sound: WAV without a suffix and as `.wav`, MP3 as `.mp3`; ranges. Not in the vendor's description.",
        tags=(EXTENSION,),
    ),
    Route("DELETE", f"{BASE}/Recordings/{{Sid}}.json", "DeleteRecording"),
    Route("GET", "/v1/Conferences", "ListInsightsConference", INSIGHTS),
    Route("GET", "/v1/Conferences/{ConferenceSid}", "FetchInsightsConference", INSIGHTS),
    Route("GET", "/v1/Conferences/{ConferenceSid}/Participants", "ListConferenceParticipant", INSIGHTS),
    Route(
        "GET",
        "/v1/Conferences/{ConferenceSid}/Participants/{ParticipantSid}",
        "FetchConferenceParticipant",
        INSIGHTS,
    ),
)
