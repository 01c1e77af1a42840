"""The standing cast of the dialect tests: Acme and Globex as accounts, Alice, Bob and Carol as callers.

Acme has a subsidiary, and an intern who may do nothing. Everything has a fixed id, so answers can be
compared byte for byte.
"""

from base64 import b64encode
from hashlib import md5
from typing import Any, Final

from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus, Credential, CredentialKind, Role
from hubbub.domain.application import Application, WebTarget
from hubbub.domain.call import CallLeg, CallStatus, Direction
from hubbub.domain.conference import Conference, ConferenceState, Participant
from hubbub.domain.ids import AccountId, ApplicationId, CallId, ConferenceId, CredentialId, RecordingId
from hubbub.domain.recording import AudioFormat, Layout, Recording, RecordingSource, RecordingState

ACME: Final = AccountId("a" * 32)
SUBSIDIARY: Final = AccountId("ab" * 16)
GLOBEX: Final = AccountId("b" * 32)
INTERN: Final = AccountId("c" * 32)
DEVELOPER: Final = AccountId("d" * 32)
ACME_NUMBER: Final = "9900000"
ACME_TOKEN: Final = "acme-token"

STANDUP: Final = ConferenceId("0f1e2d3c4b5a46978877665544332211")
ALICE: Final = CallId("00112233445546778899aabbccddeeff")
BOB: Final = CallId("10112233445546778899aabbccddeeff")
CAROL: Final = CallId("20112233445546778899aabbccddeeff")

APPLICATION: Final = ApplicationId("04e88489df024e34a0ee27a91849555f")
RECORDED_ROOM: Final = RecordingId("5a112233445546778899aabbccddeeff")
RECORDED_CALL: Final = RecordingId("5b112233445546778899aabbccddeeff")

T0: Final = 1_777_887_000_125
"""2026-05-04T09:30:00.125Z, a Monday."""


def account(id_: AccountId, number: str, name: str, **fields: Any) -> Account:
    return Account(
        id_,
        fields.get("parent_id"),
        name,
        fields.get("email"),
        fields.get("status", AccountStatus.ACTIVE),
        fields.get("role", ADMINISTRATOR),
        number,
        T0,
        T0,
    )


def conference(number: int = 0, **fields: Any) -> Conference:
    """A finished room, or what `fields` make of it; numbered ones are a second apart."""
    base = Conference(
        ConferenceId(f"{number:032x}"),
        ACME,
        "myConf",
        ConferenceState.COMPLETED,
        True,
        T0 + number * 1000,
        T0 + number * 1000 + 500,
        completed_at_ms=T0 + number * 1000 + 500,
    )
    return base._replace(**fields)


def standup(**fields: Any) -> Conference:
    """The room that is live."""
    base = Conference(STANDUP, ACME, "standup", ConferenceState.IN_PROGRESS, True, T0, T0 + 2000, node="n1")
    return base._replace(**fields)


def call(id_: CallId, **fields: Any) -> CallLeg:
    base = CallLeg(
        id_,
        ACME,
        None,
        None,
        STANDUP,
        "+15551112345",
        "+15559998765",
        Direction.INBOUND,
        CallStatus.IN_PROGRESS,
        T0 - 5000,
        T0,
    )
    return base._replace(**fields)


def participant(call_id: CallId, **fields: Any) -> Participant:
    return Participant(STANDUP, call_id, joined_at_ms=T0, updated_at_ms=T0)._replace(**fields)


def application(**fields: Any) -> Application:
    """One of Acme's, in Bandwidth's words."""
    voice = WebTarget("https://app.example/voice")
    base = Application(APPLICATION, ACME, "Voice", "bandwidth", voice, None, None, T0)
    return base._replace(**fields)


def recording(id_: RecordingId, **fields: Any) -> Recording:
    """Thirteen seconds and two thirds of the live room, finished; or what `fields` make of it."""
    base = Recording(
        id_,
        ACME,
        STANDUP,
        None,
        RecordingState.COMPLETED,
        RecordingSource.START_VERB,
        Layout.MONO,
        AudioFormat.WAV,
        "both",
        T0,
        T0 + 20_000,
        started_at_ms=T0 + 100,
        ended_at_ms=T0 + 13_770,
        duration_ms=13_670,
        size_bytes=218_764,
    )
    return base._replace(**fields)


def basic(username: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{username}:{password}".encode()).decode()}


async def enter(store: Any, *rows: Any) -> None:
    """Put rows of any kind in the store; participants after their calls and rooms."""
    async with store.transaction() as transaction:
        for row in rows:
            match row:
                case Account():
                    await transaction.put_account(row)
                case Role():
                    await transaction.put_role(row)
                case Conference():
                    await transaction.put_conference(row)
                case CallLeg():
                    await transaction.put_call(row)
                case Application():
                    await transaction.put_application(row)
                case Recording():
                    await transaction.put_recording(row)
                case Participant():
                    await transaction.put_participants([row])
                case _:
                    raise AssertionError(f"nobody knows where to put {row!r}")


async def give(
    store: Any,
    account_id: AccountId,
    kind: CredentialKind,
    username: str,
    secret: str,
    permissions: tuple[str, ...] = (),
) -> None:
    """Give an account a credential."""
    id_ = CredentialId(md5(f"{kind} {username}".encode(), usedforsecurity=False).hexdigest())
    credential = Credential(id_, account_id, kind, username, permissions, T0)
    async with store.transaction() as transaction:
        await transaction.put_credential(credential, secret)


async def fill(store: Any) -> None:
    """The accounts, and a way for each to log in."""
    await enter(
        store,
        account(ACME, ACME_NUMBER, "Acme", email="boss@acme.example"),
        account(SUBSIDIARY, "9900001", "Acme Labs", parent_id=ACME),
        account(GLOBEX, "8800000", "Globex", email="boss@globex.example"),
        account(INTERN, "9900002", "Intern", role="Nobody"),
        account(DEVELOPER, "9900003", "Developer", role="Developer"),
        Role(
            "Developer", ("RestComm:*:Conferences", "RestComm:Read:Calls", "RestComm:Delete,Read:Recordings")
        ),
    )
    logins = (
        (ACME, "acme"),
        (SUBSIDIARY, "labs"),
        (GLOBEX, "globex"),
        (INTERN, "intern"),
        (DEVELOPER, "dev"),
    )
    for account_id, name in logins:
        await give(store, account_id, CredentialKind.USER, name, f"{name}-password")
        await give(store, account_id, CredentialKind.AUTH_TOKEN, account_id, f"{name}-token")
