"""Twilio's SIDs: two letters before our own 32 hex digits, so no table maps one to the other.

https://www.twilio.com/docs/glossary/what-is-a-sid
"""

from urllib.parse import quote

from hubbub.dialects.shared.sids import read_sid
from hubbub.domain.call import CallLeg
from hubbub.domain.ids import AccountId, CallId, ConferenceId


def read_account_sid(text: str) -> AccountId | None:
    digits = read_sid("AC", text)
    return None if digits is None else AccountId(digits)


def read_conference_sid(text: str) -> ConferenceId | None:
    digits = read_sid("CF", text)
    return None if digits is None else ConferenceId(digits)


def read_call_sid(text: str) -> CallId | None:
    digits = read_sid("CA", text)
    return None if digits is None else CallId(digits)


def call_sid(call: CallLeg) -> str:
    """The call's SID; an imported call that had another vendor's id keeps it."""
    return call.given_id or "CA" + call.id


def path_segment(sid: str) -> str:
    """A SID inside a URI. Ours need no encoding, given ones may."""
    return sid if sid.isalnum() else quote(sid, safe="", errors="replace")
