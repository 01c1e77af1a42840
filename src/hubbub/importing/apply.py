"""One record into an open transaction: checked first, then written, so that nothing is half-applied.

Answers whether anything changed. Knows what a record refers to must already be there; leaves the reading of
lines and the batches to `import_history`.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus, Credential, CredentialKind, Role
from hubbub.domain.call import CallLeg
from hubbub.domain.conference import (
    LABEL_LENGTH_MAX,
    Conference,
    ConferenceState,
    Participant,
    validate_name,
)
from hubbub.domain.errors import InvalidValue, NameTaken
from hubbub.domain.ids import AccountId, ConferenceId, CredentialId
from hubbub.importing import values
from hubbub.importing.records import (
    AccountRecord,
    CallRecord,
    ConferenceRecord,
    LineRefused,
    Moment,
    ParticipantRecord,
    Record,
    RoleRecord,
)
from hubbub.services.ports import Entropy, Transaction

V = TypeVar("V")
R = TypeVar("R")

_PERMISSION_PARTS: Final = 3


class Applied:
    """What a batch changed, by account."""

    def __init__(self) -> None:
        self.lines: dict[AccountId, int] = {}
        self.changed = 0
        self.unchanged = 0

    def count(self, account_id: AccountId | None, changed: bool) -> None:
        if not changed:
            self.unchanged += 1
            return
        self.changed += 1
        if account_id is not None:
            self.lines[account_id] = self.lines.get(account_id, 0) + 1


class Apply:
    """Applies records within one transaction."""

    def __init__(self, tx: Transaction, now_ms: int, entropy: Entropy) -> None:
        self._tx = tx
        self._now_ms = now_ms
        self._entropy = entropy
        self._accounts: set[AccountId] = set()
        self.applied = Applied()

    async def __call__(self, record: Record) -> None:
        """Write what the record says, if it is not so already.

        Raises:
            LineRefused: a value is wrong, or what it refers to is not there; then nothing was written.
        """
        match record:
            case ConferenceRecord():
                await self._conference(record)
            case CallRecord():
                await self._call(record)
            case ParticipantRecord():
                await self._participant(record)
            case AccountRecord():
                await self._account(record)
            case RoleRecord():
                await self._role(record)

    async def _conference(self, record: ConferenceRecord) -> None:
        key = read("conference.id", values.read_conference_id, record.id)
        account_id = await self._known_account("conference.account_sid", record.account_sid)
        try:
            name = validate_name(record.name)
        except InvalidValue as refusal:
            raise LineRefused("conference.name", str(refusal)) from None
        state = word("conference.state", values.STATES, record.state)
        is_over = state is ConferenceState.COMPLETED
        created = read("conference.created_at", values.read_time, record.created_at)
        completed = moment("conference.completed_at", record.completed_at)
        updated = moment("conference.updated_at", record.updated_at)
        if not is_over and (completed, record.reason_ended, record.call_ending) != (None, None, None):
            raise LineRefused("conference.state", f"{record.state!r}, but the record says how it ended")
        if updated is None:
            updated = created if completed is None else completed
        elif is_over and completed is None:
            # A vendor that prints no end changes a room for the last time when it ends.
            completed = updated
        reason = record.reason_ended
        ending = maybe("conference.call_ending", values.read_call_id, record.call_ending)
        method = record.event_method
        moderator = record.moderator_present
        conference = Conference(
            id=key.id,
            account_id=account_id,
            name=name,
            state=state,
            moderator_present=state is not ConferenceState.INIT if moderator is None else moderator,
            created_at_ms=created,
            updated_at_ms=updated,
            completed_at_ms=completed,
            reason_ended=None if reason is None else word("conference.reason_ended", values.REASONS, reason),
            call_ending=None if ending is None else ending.id,
            tag=record.tag,
            event_url=record.event_url,
            event_method=None if method is None else word("conference.event_method", values.METHODS, method),
            region=record.region,
            site=key.site,
            node=None,
        )
        existing = await self._tx.conference(key.id)
        if existing is not None:
            _keep_ours("conference.id", existing.account_id, account_id, existing.node)
        changed = existing != conference
        if changed:
            try:
                await self._tx.put_conference(conference)
            except NameTaken:
                raise LineRefused("conference.name", f"another live conference is called {name!r}") from None
        self.applied.count(account_id, changed)

    async def _call(self, record: CallRecord) -> None:
        key = read("call.id", values.read_call_id, record.id)
        account_id = await self._known_account("call.account_sid", record.account_sid)
        conference_id = None
        if record.conference_id is not None:
            room = await self._known_conference("call.conference_id", record.conference_id)
            if room.account_id != account_id:
                raise LineRefused("call.conference_id", "the conference belongs to another account")
            conference_id = room.id
        parent = maybe("call.parent_id", values.read_call_id, record.parent_id)
        created = read("call.created_at", values.read_time, record.created_at)
        answered = moment("call.answered_at", record.answered_at)
        ended = moment("call.ended_at", record.ended_at)
        updated = moment("call.updated_at", record.updated_at)
        status = word("call.status", values.STATUSES, record.status)
        if ended is not None and not status.is_final:
            raise LineRefused("call.ended_at", f"a call that is {record.status} has not ended")
        if updated is None:
            updated = max(at_ms for at_ms in (created, answered, ended) if at_ms is not None)
        leg = CallLeg(
            id=key.id,
            account_id=account_id,
            parent_id=None if parent is None else parent.id,
            application_id=None,
            conference_id=conference_id,
            from_address=record.from_,
            to_address=record.to,
            direction=word("call.direction", values.DIRECTIONS, record.direction),
            status=status,
            created_at_ms=created,
            updated_at_ms=updated,
            answered_at_ms=answered,
            ended_at_ms=ended,
            tag=record.tag,
            site=key.site,
            given_id=key.given_id,
            placed_at_ms=moment("call.placed_at", record.placed_at),
            caller_name=record.caller_name,
            forwarded_from=record.forwarded_from,
        )
        existing = await self._tx.call(key.id)
        if existing is not None:
            _keep_ours("call.id", existing.account_id, account_id, existing.node)
        changed = existing != leg
        if changed:
            await self._tx.put_call(leg)
        self.applied.count(account_id, changed)

    async def _participant(self, record: ParticipantRecord) -> None:
        room = await self._known_conference("participant.conference_id", record.conference_id)
        call_id = read("participant.call_id", values.read_call_id, record.call_id).id
        leg = await self._tx.call(call_id)
        if leg is None:
            raise LineRefused("participant.call_id", f"there is no call {record.call_id}")
        if leg.account_id != room.account_id:
            raise LineRefused(
                "participant.call_id", "the call belongs to another account than the conference"
            )
        if room.node is not None or leg.node is not None:
            raise LineRefused("participant.conference_id", "this server is serving it")
        joined = moment("participant.joined_at", record.joined_at)
        left = moment("participant.left_at", record.left_at)
        if joined is None:
            joined = leg.created_at_ms
        if left is None and not room.is_live:
            # Nobody is present in a room that is over.
            left = max(joined, room.completed_at_ms or room.updated_at_ms)
        if left is not None and left < joined:
            raise LineRefused("participant.left_at", "before joined_at")
        label = record.label
        if label is not None and not 1 <= len(label) <= LABEL_LENGTH_MAX:
            raise LineRefused("participant.label", f"a label has 1 to {LABEL_LENGTH_MAX} characters")
        stay = Participant(
            conference_id=room.id,
            call_id=call_id,
            muted=record.muted,
            held=record.held,
            coaching=record.coaching or bool(record.coached),
            coached=tuple(
                read("participant.coached", values.read_call_id, text).id for text in record.coached
            ),
            start_on_enter=record.start_on_enter,
            end_on_exit=record.end_on_exit,
            label=label,
            joined_at_ms=joined,
            updated_at_ms=joined if left is None else left,
            left_at_ms=left,
        )
        if left is None and label is not None:
            other = await self._tx.member_by_label(room.id, label)
            if other is not None and other.participant.call_id != call_id:
                raise LineRefused("participant.label", f"{label!r} is another participant's")
        changed = await self._tx.stay(room.id, call_id, joined) != stay
        if changed:
            await self._tx.put_participants([stay])
        self.applied.count(room.account_id, changed)

    async def _role(self, record: RoleRecord) -> None:
        if not record.name or record.name == ADMINISTRATOR:
            raise LineRefused("role.name", f"not empty, and not {ADMINISTRATOR}, which may do everything")
        for permission in record.permissions:
            if len(permission.split(":")) != _PERMISSION_PARTS:
                raise LineRefused("role.permissions", f"{permission!r} is not Domain:Action:Target")
        role = Role(record.name, tuple(record.permissions))
        changed = await self._tx.role(role.name) != role
        if changed:
            await self._tx.put_role(role)
        self.applied.count(None, changed)

    async def _account(self, record: AccountRecord) -> None:
        account_id = read("account.sid", values.read_account_id, record.sid)
        existing = await self._tx.account(account_id)
        account = await self._merged(record, account_id, existing)
        secrets = await self._new_secrets(record, account_id)
        changed = account != existing or bool(secrets)
        if changed:
            if account != existing:
                await self._tx.put_account(account)
            for credential, secret in secrets:
                await self._tx.put_credential(credential, secret)
        self._accounts.add(account_id)
        self.applied.count(account_id, changed)

    async def _merged(
        self, record: AccountRecord, account_id: AccountId, existing: Account | None
    ) -> Account:
        """The account as it will be: what the record leaves out stays as it is."""
        if existing is None:
            existing = Account(
                id=account_id,
                parent_id=None,
                friendly_name=record.sid,
                email=None,
                status=AccountStatus.ACTIVE,
                role=ADMINISTRATOR,
                bandwidth_id="",
                created_at_ms=self._now_ms,
                updated_at_ms=self._now_ms,
            )
        changes: dict[str, Any] = {}
        if record.parent_sid is not None:
            changes["parent_id"] = await self._parent(record.parent_sid, account_id)
        for name in ("email", "friendly_name", "role"):
            if getattr(record, name) is not None:
                changes[name] = getattr(record, name)
        if record.status is not None:
            changes["status"] = word("account.status", values.ACCOUNT_STATUSES, record.status)
        if record.bandwidth is not None and record.bandwidth.account_id is not None:
            number = read(
                "account.bandwidth.account_id", values.read_bandwidth_id, record.bandwidth.account_id
            )
            owner = await self._tx.account_by_bandwidth_id(number)
            if owner is not None and owner.id != account_id:
                raise LineRefused("account.bandwidth.account_id", f"{number} is another account's")
            changes["bandwidth_id"] = number
        merged = existing._replace(**changes)
        if not merged.bandwidth_id:
            merged = merged._replace(bandwidth_id=await self._free_number())
        return merged

    async def _parent(self, sid: str, account_id: AccountId) -> AccountId:
        parent_id = await self._known_account("account.parent_sid", sid)
        above: AccountId | None = parent_id
        while above is not None:
            if above == account_id:
                raise LineRefused("account.parent_sid", "the account would stand above itself")
            parent = await self._tx.account(above)
            above = None if parent is None else parent.parent_id
        return parent_id

    async def _free_number(self) -> str:
        while True:
            number = str(9_000_000 + int(self._entropy.random() * 1_000_000))
            if await self._tx.account_by_bandwidth_id(number) is None:
                return number

    async def _new_secrets(
        self, record: AccountRecord, account_id: AccountId
    ) -> list[tuple[Credential, str]]:
        """Credentials that are not stored yet, or with another secret."""
        asked: list[tuple[CredentialKind, str, str]] = []
        if record.auth_token is not None:
            asked.append((CredentialKind.AUTH_TOKEN, account_id, record.auth_token))
        bandwidth = record.bandwidth
        if bandwidth is not None and (bandwidth.username or bandwidth.password):
            if not bandwidth.username or not bandwidth.password:
                raise LineRefused("account.bandwidth", "a username and a password, or neither")
            asked.append((CredentialKind.USER, bandwidth.username, bandwidth.password))
        fresh = []
        for kind, username, secret in asked:
            if not secret:
                raise LineRefused(f"account.{kind}", "must not be empty")
            existing = await self._tx.credential(kind, username)
            if existing is not None and existing.account_id != account_id:
                raise LineRefused("account.bandwidth.username", f"{username!r} is another account's")
            if await self._tx.verify_secret(kind, username, secret) is None:
                if existing is None:
                    own_id = CredentialId(self._entropy.id())
                    existing = Credential(own_id, account_id, kind, username, (), self._now_ms)
                fresh.append((existing, secret))
        return fresh

    async def _known_account(self, field: str, sid: str) -> AccountId:
        account_id = read(field, values.read_account_id, sid)
        if account_id not in self._accounts:
            if await self._tx.account(account_id) is None:
                raise LineRefused(field, f"there is no account {sid}")
            self._accounts.add(account_id)
        return account_id

    async def _known_conference(self, field: str, text: str) -> Conference:
        conference_id: ConferenceId = read(field, values.read_conference_id, text).id
        conference = await self._tx.conference(conference_id)
        if conference is None:
            raise LineRefused(field, f"there is no conference {text}")
        return conference


def read(field: str, reader: Callable[[V], R], value: V) -> R:
    """`reader(value)`; what it refuses is refused with the field's name."""
    try:
        return reader(value)
    except ValueError as error:
        raise LineRefused(field, str(error)) from None


def maybe(field: str, reader: Callable[[V], R], value: V | None) -> R | None:
    """The same, with None left alone."""
    return None if value is None else read(field, reader, value)


def moment(field: str, value: Moment | None) -> int | None:
    """A time that need not be there."""
    return None if value is None else read(field, values.read_time, value)


def word(field: str, words: dict[str, R], text: str) -> R:
    """One of a few words, or a refusal with the field's name."""
    found = words.get(text)
    return read(field, lambda value: values.read_word(words, value), text) if found is None else found


def _keep_ours(field: str, owner: AccountId, account_id: AccountId, node: str | None) -> None:
    if owner != account_id:
        raise LineRefused(field, "belongs to another account")
    if node is not None:
        raise LineRefused(field, "this server is serving it")
