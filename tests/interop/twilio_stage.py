"""A stage for stories told with Twilio's libraries: a real server, one library, a customer, telephones, and the log.

Owns the cast of tones and the proofs: by ear, by the event log, by the customer's callbacks, and by what the library sent.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from twilio.request_validator import RequestValidator

from hubbub.dialects.compatibility.page import load_vendor
from hubbub.dialects.twilio.dialect import TwilioDialect
from interop.conftest import RunningServer, events_after, wait_until
from interop.customer import Customer
from interop.driven import parameters
from interop.hands import Hand
from interop.hearing import Tones, heard, wait_until_heard
from interop.peers import tone_wav
from interop.telephones import Desk, Office
from interop.twilio_hands import HANDS
from interop.wiretap import Wiretap

ALICE, BOB, CAROL, DAVE, ERIN = 530, 710, 930, 1190, 1530
NEWS, MUSIC, WAITING = 1910, 2330, 2710
RINGING = (440, 480)
EVERYBODY = (ALICE, BOB, CAROL, DAVE, ERIN, NEWS, MUSIC, WAITING, *RINGING)
FROM = "+15550100"
NUMBER = "+15550199"
"""Called through the trunk."""
FLAGS = ("--calls-per-second", "0", "--sip-target-networks", "127.0.0.0/8")
PATIENCE_S = 15.0


class Stage:
    """See the module."""

    def __init__(
        self, server: RunningServer, hand: Hand, customer: Customer, office: Office, wiretap: Wiretap
    ) -> None:
        self.server = server
        self.hand = hand
        self.customer = customer
        self.office = office
        self.wiretap = wiretap
        who = server.credentials["twilio"]
        self._auth = (who["account_sid"], who["auth_token"])
        self.account = f"/2010-04-01/Accounts/{who['account_sid']}"
        self._told_until = 0
        self.unread: Counter[tuple[str, str | None]] = Counter()
        """Events of the log that nobody has waited for yet: how many of each kind and label."""

    def hears(self, expected: dict[Desk, set[int]]) -> None:
        """Wait until the desks hear exactly these tones, all at the same time and for half a second."""
        wait_until_heard({desk.ear: Tones(tones) for desk, tones in expected.items()}, PATIENCE_S)

    def logs(self, *expected: tuple[str, str | None]) -> None:
        """Wait until the log holds these events, (kind, label), which nobody has waited for before."""
        self.unread.subtract(expected)
        deadline = time.monotonic() + PATIENCE_S
        while missing := -self.unread:
            self.unread.update((each["kind"], each["data"].get("label")) for each in self._events())
            assert time.monotonic() < deadline, f"the log never told of {dict(missing)}"
            time.sleep(0.05)

    def logged_besides(self) -> dict[str, int]:
        """How many events of each kind the log has told besides, since the account was made."""
        self.unread.update((each["kind"], each["data"].get("label")) for each in self._events())
        found: Counter[str] = Counter()
        for (kind, _), number in self.unread.items():
            found[kind] += number
        return {kind: number for kind, number in found.items() if number and kind != "account-created"}

    def drove(self, *operations: str) -> None:
        """Each of these writes was sent by the library and done, and among them with each parameter that it has."""
        driven = parameters(TwilioDialect(), self.wiretap.passed)
        known = {
            each.id: {*each.parameters, *each.without_effect} for each in load_vendor("twilio").operation
        }
        for operation in operations:
            assert operation in driven
            assert known.get(operation, set()) <= driven[operation], operation

    def comes(self, what: str, is_so: Callable[[], object]) -> None:
        """Wait until something is so."""
        wait_until(is_so, what, PATIENCE_S)

    def sound_of(self, recording_url: str) -> list[Tones]:
        """What a recording holds, by the address that a callback told."""
        answer = httpx.get(self.server.http + urlsplit(recording_url).path, auth=self._auth)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/x-wav")
        return heard(answer.content, EVERYBODY)

    def has_sound(self, recording_sid: str) -> bool:
        path = f"{self.account}/Recordings/{recording_sid}.wav"
        return httpx.get(self.server.http + path, auth=self._auth).status_code == 200

    def _events(self) -> Iterator[dict[str, Any]]:
        for event in events_after(self.server, self._told_until):
            self._told_until = event["number"]
            yield event


def in_common(url: str) -> dict[str, Any]:
    """Parameters of every call out that a story judges alike: whose call it is, and those without an effect here."""
    return {
        "sip_auth_username": "acme",
        "sip_auth_password": "secret",
        "caller_id": "+15550111",
        "byoc": "BY" + "0" * 32,
        "call_reason": "a reason",
        "call_token": "a token",
        "client_notification_url": f"{url}/unused",
        "machine_detection": "Enable",
        "machine_detection_timeout": 30,
        "machine_detection_speech_threshold": 2400,
        "machine_detection_speech_end_threshold": 1200,
        "machine_detection_silence_timeout": 5000,
    }


@contextmanager
def staged(server: RunningServer, hand: str, folder: Path) -> Iterator[Stage]:
    """A stage with the library of a language; the customer serves `/news` (three seconds), `/music` and `/waiting`."""
    who = server.credentials["twilio"]
    with ExitStack() as stack:
        customer = stack.enter_context(Customer())
        validator = RequestValidator(who["auth_token"])
        customer.is_genuine = lambda asked: validator.validate(
            asked.url, asked.form, asked.headers["X-Twilio-Signature"]
        )
        for path, hz, seconds in (("/news", NEWS, 3), ("/music", MUSIC, 30), ("/waiting", WAITING, 30)):
            sound = tone_wav(folder / f"{hz}.wav", hz, seconds)
            customer.serves_sound(path, sound.read_bytes())
        wiretap = stack.enter_context(Wiretap(server.http))
        made = HANDS[hand](wiretap.url, who["account_sid"], who["auth_token"])
        stack.callback(made.close)
        office = stack.enter_context(Office(server, folder, EVERYBODY))
        yield Stage(server, made, customer, office, wiretap)
