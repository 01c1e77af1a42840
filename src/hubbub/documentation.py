"""Pages of docs/ that are written from the code, so that they cannot lie: settings, events, states.

`python -m hubbub.documentation` writes them; a test compares them. The compatibility pages are written
by `hubbub.dialects.compatibility`.
"""

import dataclasses
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from hubbub.config import Settings
from hubbub.domain import delivery, recording
from hubbub.domain.call import TRANSITIONS, UNANSWERED, CallStatus, HangupCause, final_status
from hubbub.domain.conference import EndReason, LeaveReason
from hubbub.domain.events import DATA_KEYS, EventKind

WRITTEN: Final = "This page is written by `python -m hubbub.documentation`; a test holds it to the code."


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        "Each setting is a flag of `hubbub serve` (`--http`), an environment variable (`HUBBUB_HTTP`) and a key",
        'of the TOML file given with `--settings` (`http = "127.0.0.1:8080"`). Flags win over the environment,',
        f"the environment over the file. {WRITTEN}",
        "",
        "| setting | default | meaning |",
        "| --- | --- | --- |",
    ]
    for item in dataclasses.fields(Settings):
        default = str(item.default).lower() if isinstance(item.default, bool) else str(item.default)
        shown = f"`{default}`" if default else "empty"
        lines.append(f"| `{item.name}` | {shown} | {item.metadata['help']} |")
    return "\n".join(lines) + "\n"


EVENT_MEANINGS: Final[dict[EventKind, str]] = {
    EventKind.CALL_RECEIVED: "An inbound call passed the gate and is ringing.",
    EventKind.CALL_QUEUED: "An outbound call was asked for and waits for its turn.",
    EventKind.CALL_PLACED: "An outbound call left for its far end.",
    EventKind.CALL_RANG: "The far end of an outbound call rings.",
    EventKind.CALL_ANSWERED: "The call is answered, and the far end confirmed it.",
    EventKind.CALL_ENDED: "The call is over.",
    EventKind.CALL_TAGGED: "The call's free text was changed.",
    EventKind.CALL_REDIRECTED: "Somebody gave the call another document.",
    EventKind.CALL_DELETED: "The record of a call that is over was deleted.",
    EventKind.DIGIT_PRESSED: "A caller pressed a key, and the call's document asked to be told.",
    EventKind.DOCUMENT_FAILED: "A customer's document could not be had, or was wrong.",
    EventKind.CONFERENCE_CREATED: "A room came into being with its first joiner.",
    EventKind.CONFERENCE_STARTED: "A moderator and a second participant are inside.",
    EventKind.CONFERENCE_ENDED: "The room is over.",
    EventKind.MODERATOR_ARRIVED: "From now on those inside hear one another.",
    EventKind.PARTICIPANT_JOINED: "A call entered the room.",
    EventKind.PARTICIPANT_LEFT: "A call left the room.",
    EventKind.PARTICIPANT_ADDED: "A call is being made for the room; it joins when it is answered.",
    EventKind.PARTICIPANT_MUTED: "A participant is not heard any more.",
    EventKind.PARTICIPANT_UNMUTED: "A participant may be heard again.",
    EventKind.PARTICIPANT_HELD: "A participant is on hold.",
    EventKind.PARTICIPANT_UNHELD: "A participant is off hold.",
    EventKind.PARTICIPANT_MODIFIED: "Something else of a participant was changed; `changes` names it.",
    EventKind.SPEECH_STARTED: "A participant began to speak.",
    EventKind.SPEECH_STOPPED: "A participant ceased to speak.",
    EventKind.ANNOUNCEMENT_ENDED: "What was announced to a room, or to one participant, has been heard.",
    EventKind.ANNOUNCEMENT_FAILED: "An announcement could not be played.",
    EventKind.CONFERENCE_REDIRECTED: "A document was asked for, to be run in the room.",
    EventKind.RECORDING_STARTED: "Sound is being kept.",
    EventKind.RECORDING_PAUSED: "The recording pauses.",
    EventKind.RECORDING_RESUMED: "The recording goes on.",
    EventKind.RECORDING_STOPPED: "No more sound is taken; the file is being finished.",
    EventKind.RECORDING_COMPLETED: "The recording can be fetched.",
    EventKind.RECORDING_ABSENT: "The recording held nothing worth keeping.",
    EventKind.RECORDING_FAILED: "The recording could not be kept.",
    EventKind.RECORDING_DELETED: "The recording's sound was deleted.",
    EventKind.HISTORY_IMPORTED: "A batch of a vendor's history was imported.",
    EventKind.ACCOUNT_CREATED: "An account was created.",
}


def events_page() -> str:
    lines = [
        "# Events",
        "",
        "Every change is one event, written in the transaction that makes it. Events are numbered 1, 2, 3 … over the",
        "whole server and, where they belong to a conference, within it: no number is left out, even across a crash. A reader",
        f"that remembers the last number it saw misses none and sees none twice. {WRITTEN}",
        "",
        "Every event has `kind`, `occurred_at_ms` (UTC milliseconds), `account_id`, and where they apply `conference_id` and",
        "`call_id`; beside them:",
        "",
        "| kind | meaning | data |",
        "| --- | --- | --- |",
    ]
    for kind in EventKind:
        keys = ", ".join(f"`{key}`" for key in sorted(DATA_KEYS[kind])) or "none"
        lines.append(f"| `{kind}` | {EVENT_MEANINGS[kind]} | {keys} |")
    return "\n".join(lines) + "\n"


def states_page() -> str:
    lines = [
        "# States",
        "",
        WRITTEN,
        "",
        "## A call",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> queued",
        "    [*] --> ringing",
    ]
    lines += [
        f"    {_name(before)} --> {_name(after)}"
        for before in CallStatus
        for after in CallStatus
        if after in TRANSITIONS[before]
    ]
    lines += [f"    {_name(status)} --> [*]" for status in CallStatus if status.is_final]
    lines += [
        "```",
        "",
        "Why a call ended decides its last state:",
        "",
        "| cause | after the answer | before it |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| `{cause}` | {final_status(cause, True)} | {UNANSWERED.get(cause, CallStatus.FAILED)} |"
        for cause in HangupCause
    ]
    lines += [
        "",
        "## A conference",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> init: first join",
        "    init --> in_progress: two inside and a moderator has come",
        "    init --> completed: last one leaves, end on exit, API, age limit, server ends",
        "    in_progress --> completed: last one leaves, end on exit, API, age limit, server ends",
        "    completed --> [*]",
        "```",
        "",
        "Beside its state a room knows whether a moderator (`startConferenceOnEnter`) has been inside: from then on people",
        "hear one another. It does not forget when the moderator leaves.",
        "",
        f"A conference ends for one of these reasons: {', '.join(f'`{reason}`' for reason in EndReason)}.",
        "",
        f"A participant leaves for one of these: {', '.join(f'`{reason}`' for reason in LeaveReason)}.",
        "",
        "## A recording",
        "",
        *_diagram(recording.TRANSITIONS, "in_progress"),
        "",
        "## A delivery",
        "",
        *_diagram(delivery.TRANSITIONS, "due"),
    ]
    return "\n".join(lines) + "\n"


State = TypeVar("State", bound=StrEnum)


def _diagram(transitions: Mapping[State, frozenset[State]], first: str) -> list[str]:
    arrows = [
        f"    {_name(before)} --> {_name(after)}"
        for before in transitions
        for after in type(before)
        if after in transitions[before]
    ]
    ends = [f"    {_name(state)} --> [*]" for state in transitions if not transitions[state]]
    return ["```mermaid", "stateDiagram-v2", f"    [*] --> {first}", *arrows, *ends, "```"]


def _name(status: StrEnum) -> str:
    return status.replace("-", "_")


PAGES: Final = {
    "docs/settings.md": settings_page,
    "docs/events.md": events_page,
    "docs/states.md": states_page,
}

if __name__ == "__main__":
    for path, page in PAGES.items():
        Path(path).write_text(page(), encoding="utf-8")
