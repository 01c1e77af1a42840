"""The records of an import, one structure per `type`, as they stand in the file.

Types and required members are checked here by msgspec; what values mean is checked in `values`. Members we
do not know are passed over: exports carry more than anybody needs.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

Moment = str | int
"""A time: ISO 8601, RFC 2822, or milliseconds since 1970."""
Text = Annotated[str, Meta(max_length=4096)]


class Bandwidth(Struct, kw_only=True, gc=False):
    """How the account is known to clients of Bandwidth's API."""

    account_id: str | None = None
    username: Text | None = None
    password: Text | None = None


class AccountRecord(Struct, kw_only=True, tag="account", gc=False):
    sid: str
    auth_token: Text | None = None
    parent_sid: str | None = None
    email: Text | None = None
    friendly_name: Text | None = None
    status: str | None = None
    role: Text | None = None
    bandwidth: Bandwidth | None = None


class RoleRecord(Struct, kw_only=True, tag="role", gc=False):
    name: Text
    permissions: list[Text]


class ConferenceRecord(Struct, kw_only=True, tag="conference", gc=False):
    id: str
    account_sid: str
    name: str
    state: str
    created_at: Moment
    moderator_present: bool | None = None
    updated_at: Moment | None = None
    completed_at: Moment | None = None
    tag: Text | None = None
    event_url: Text | None = None
    event_method: str | None = None
    region: Text | None = None
    reason_ended: str | None = None
    call_ending: str | None = None


class CallRecord(Struct, kw_only=True, tag="call", rename={"from_": "from"}, gc=False):
    id: str
    account_sid: str
    from_: Text
    to: Text
    direction: str
    status: str
    created_at: Moment
    conference_id: str | None = None
    parent_id: str | None = None
    updated_at: Moment | None = None
    answered_at: Moment | None = None
    ended_at: Moment | None = None
    placed_at: Moment | None = None
    caller_name: Text | None = None
    forwarded_from: Text | None = None
    tag: Text | None = None


class ParticipantRecord(Struct, kw_only=True, tag="participant", gc=False):
    conference_id: str
    call_id: str
    muted: bool = False
    held: bool = False
    coaching: bool = False
    coached: list[str] = []
    start_on_enter: bool = True
    end_on_exit: bool = False
    label: str | None = None
    joined_at: Moment | None = None
    left_at: Moment | None = None


Record = AccountRecord | RoleRecord | ConferenceRecord | CallRecord | ParticipantRecord

_RECORD: Final[msgspec.json.Decoder[Record]] = msgspec.json.Decoder(Record)


class _Typed(Struct):
    type: str


_TYPED: Final = msgspec.json.Decoder(_Typed)


class LineRefused(Exception):
    """One line is wrong; `field` is where, as `conference.state`, or empty."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)


def read_record(line: bytes) -> Record:
    """The record of one line.

    Raises:
        LineRefused: not JSON, no known type, a member missing or of the wrong type.
    """
    try:
        return _RECORD.decode(line)
    except msgspec.ValidationError as error:
        raise _refusal(line, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise LineRefused("", f"not a JSON object ({error})") from None


def _refusal(line: bytes, message: str) -> LineRefused:
    # msgspec says "Expected `str`, got `int` - at `$.name`"; the type is missing and a person wants it.
    text, _, path = message.partition(" - at `$")
    path = path.rstrip("`").removeprefix(".")
    try:
        kind = _TYPED.decode(line).type
    except msgspec.DecodeError:
        kind = ""
    if path == "type" and kind:
        known = "account, role, conference, call or participant"
        return LineRefused("type", f"{kind!r} is not one of {known}")
    where = ".".join(part for part in (kind, path) if part)
    return LineRefused(where, text[:1].lower() + text[1:])
