"""RCML's `<Dial>`: around a `<Conference>`, or around those to call.

Restcomm Connect user guide, "RCML Dial", "Conference", "Number", "Client", "Sip". If any child is a conference it
alone counts; otherwise all children ring at once. A room's recording is not in the manual: as the released
source has it, `record` of the `<Dial>` records the room, where the room starts with that caller's entry. Ours: whoever
comes into a room that nobody records has his own leg recorded, and `record` of the `<Conference>` records the room
whoever asks.
"""

import re
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from hubbub.dialects.restcomm.callback_words import split_words, wish
from hubbub.dialects.restcomm.markup_attributes import VALUE, Reading
from hubbub.domain.application import WebTarget, normalise_address
from hubbub.domain.conference import Beep
from hubbub.domain.recording import RecordingSource
from hubbub.markup.instructions import (
    Dial,
    DialTarget,
    Instruction,
    JoinConference,
    RecordingWish,
    Skip,
    WaitKind,
    WaitMusic,
)
from hubbub.markup.xml_document import Element

PARTICIPANTS_MAX: Final = 40
TIME_LIMIT_S: Final = 14_400
TARGETS_MAX: Final = 10
_NOUNS: Final = frozenset({"Number", "Client", "Sip"})
_NUMBER: Final = re.compile(r"[+]?[0-9*#][0-9*#().\- ]{0,30}", re.ASCII)


def read_dial(element: Element, reading: Reading, *, music_while_alone: bool) -> Instruction | None:
    """The room to join, those to call, what is wrong with the wish, or nothing at all for an empty one."""
    conference = next((child for child in element.children if child.name == "Conference"), None)
    if conference is not None:
        return _read_conference(element, conference, reading, music_while_alone)
    if not element.children and not element.text:
        return None
    action = reading.target(element, "action", "method")
    targets: list[DialTarget] = []
    if element.text:
        targets.append(DialTarget(_guessed(element.text)))
    for child in element.children:
        if child.name not in _NOUNS:
            reading.warn(VALUE, f"line {child.line}: <{child.name}> has no place in <Dial>")
            continue
        targets.append(_read_noun(child, reading))
    wrong = [target.to for target in targets if not _is_address(target.to)]
    if wrong or not 1 <= len(targets) <= TARGETS_MAX:
        what = f"{wrong[0][:80]!r} is no address" if wrong else f"1 to {TARGETS_MAX} addresses are called"
        return Skip(VALUE, f"line {element.line}: {what}", action)
    return Dial(
        targets=tuple(targets),
        caller_id=reading.value(element, "callerId") or None,
        ring_ms=1000 * max(1, reading.number(element, "timeout", 30, maximum=600)),
        time_limit_ms=_time_limit_ms(element, reading),
        recording=_recording(element, reading, RecordingSource.DIAL),
        action=action,
    )


def _guessed(text: str) -> str:
    """Bare text: an `@` makes it SIP, `client` at the beginning a client, and anything else a number."""
    if "@" in text:
        return _sip(text)
    if text.startswith("client"):
        return _client(text.removeprefix("client").removeprefix(":"))
    return normalise_address(text)


def _read_noun(element: Element, reading: Reading) -> DialTarget:
    video = any(child.name == "Video" for child in element.children)
    text = element.text or (reading.value(element, "name") if video else "")
    target = reading.target(element, "statusCallback", "statusCallbackMethod")
    words = split_words(reading.value(element, "statusCallbackEvent"))
    headers: tuple[tuple[str, str], ...] = ()
    if element.name == "Number":
        text, _, query = text.partition("?")
        headers = tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=32)) if query else ()
    to = {"Number": normalise_address, "Client": _client, "Sip": _sip}[element.name](text)
    return DialTarget(
        to=to,
        username=reading.value(element, "username") or None,
        password=element.attributes.get("password") or None,
        headers=headers,
        screen=reading.target(element, "url", "method"),
        callbacks=wish(target, words),
    )


def _sip(text: str) -> str:
    return text if text.lower().startswith(("sip:", "sips:")) else f"sip:{text}"


def _client(text: str) -> str:
    return f"client:{text.removeprefix('client:')}"


def _is_address(to: str) -> bool:
    scheme, _, rest = to.partition(":")
    if scheme.lower() in ("sip", "sips"):
        return "@" in rest
    return bool(rest) if scheme == "client" else _NUMBER.fullmatch(to) is not None


def _time_limit_ms(element: Element, reading: Reading) -> int:
    return 1000 * max(1, reading.number(element, "timeLimit", TIME_LIMIT_S, maximum=86_400))


def _recording(element: Element, reading: Reading, source: RecordingSource) -> RecordingWish | None:
    if reading.value(element, "record").lower() in ("", "false", "do-not-record"):
        return None
    return RecordingWish(source)


def _read_conference(
    dial: Element, conference: Element, reading: Reading, music_while_alone: bool
) -> Instruction:
    video = any(child.name == "Video" for child in conference.children)
    name = conference.text or (reading.value(conference, "name") if video else "")
    if not name:
        return Skip(VALUE, f"line {conference.line}: <Conference> has no name")
    room = _recording(conference, reading, RecordingSource.CONFERENCE)
    leg = _recording(dial, reading, RecordingSource.DIAL)
    return JoinConference(
        name=name,
        muted=reading.boolean(conference, "muted", False),
        start_on_enter=reading.boolean(conference, "startConferenceOnEnter", True),
        end_on_exit=reading.boolean(conference, "endConferenceOnExit", False),
        # One switch for both: the manual ties the exit sound to `beep`, the source always plays it.
        beep=Beep.BOTH if reading.boolean(conference, "beep", True) else Beep.NONE,
        max_participants=max(
            1, reading.number(conference, "maxParticipants", PARTICIPANTS_MAX, maximum=1_000_000)
        ),
        wait=_wait_music(conference, reading, music_while_alone),
        action=reading.target(dial, "action", "method"),
        time_limit_ms=_time_limit_ms(dial, reading),
        recording=room,
        opening_recording=None if room is not None else leg,
        leg_recording=leg,
        hang_up_when_evicted=True,
    )


def _wait_music(element: Element, reading: Reading, alone: bool) -> WaitMusic:
    if "waitUrl" not in element.attributes:
        return WaitMusic(WaitKind.STOCK, None, alone)
    if not reading.value(element, "waitUrl"):
        # Silence, as the manual has it; the source takes it for absent.
        return WaitMusic(WaitKind.SILENCE, None, alone)
    target = reading.target(element, "waitUrl", "waitMethod")
    if target is None:
        return WaitMusic(WaitKind.STOCK, None, alone)
    if urlsplit(target.url).path.lower().endswith("wav"):
        return WaitMusic(WaitKind.SOUND, WebTarget(target.url, "GET"), alone)
    return WaitMusic(WaitKind.URL, target, alone)
