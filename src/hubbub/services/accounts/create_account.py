"""A new account with the credentials that each dialect asks for."""

from typing import Final, NamedTuple

from hubbub.domain.account import ADMINISTRATOR, Account, AccountStatus, Credential, CredentialKind
from hubbub.domain.errors import InvalidValue, NotFound
from hubbub.domain.events import Event, EventKind
from hubbub.domain.ids import AccountId, CredentialId
from hubbub.services.ports import Clock, Entropy, Store, Transaction

TOKEN_LENGTH: Final = 32
"""Hex digits of a made secret: 128 bits."""


class NewAccount(NamedTuple):
    """An account just made. The only moment at which its secrets are in the clear."""

    account: Account
    auth_token: str
    username: str
    password: str


class CreateAccount:
    """Makes accounts; secrets come from the injected entropy and are stored hashed or encrypted."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy

    async def __call__(
        self,
        friendly_name: str,
        *,
        email: str | None = None,
        parent_id: AccountId | None = None,
        role: str = ADMINISTRATOR,
    ) -> NewAccount:
        """Create it.

        Raises:
            NotFound: no such parent.
            InvalidValue: the name is empty or over 64 characters.
        """
        async with self._store.transaction() as tx:
            return await self._create(tx, friendly_name, email, parent_id, role)

    async def first(self) -> NewAccount | None:
        """The first account of a new server, or None if there is one already."""
        async with self._store.transaction() as tx:
            if await tx.accounts():
                return None
            return await self._create(tx, "Default", None, None, ADMINISTRATOR)

    async def _create(
        self,
        tx: Transaction,
        friendly_name: str,
        email: str | None,
        parent_id: AccountId | None,
        role: str,
    ) -> NewAccount:
        if not 1 <= len(friendly_name) <= 64:
            raise InvalidValue("friendly_name", "an account's name has 1 to 64 characters")
        if parent_id is not None and await tx.account(parent_id) is None:
            raise NotFound("account", parent_id)
        now_ms = self._clock.now_ms()
        account = Account(
            id=AccountId(self._entropy.id()),
            parent_id=parent_id,
            friendly_name=friendly_name,
            email=email,
            status=AccountStatus.ACTIVE,
            role=role,
            bandwidth_id=await self._free_bandwidth_id(tx),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )
        await tx.put_account(account)
        auth_token = self._entropy.token(TOKEN_LENGTH)
        username, password = f"user-{account.bandwidth_id}", self._entropy.token(TOKEN_LENGTH)
        await tx.put_credential(
            Credential(
                CredentialId(self._entropy.id()),
                account.id,
                CredentialKind.AUTH_TOKEN,
                account.id,
                (),
                now_ms,
            ),
            auth_token,
        )
        await tx.put_credential(
            Credential(
                CredentialId(self._entropy.id()), account.id, CredentialKind.USER, username, (), now_ms
            ),
            password,
        )
        await tx.append(
            [
                Event(
                    EventKind.ACCOUNT_CREATED,
                    now_ms,
                    account.id,
                    None,
                    None,
                    {"friendly_name": friendly_name},
                )
            ]
        )
        return NewAccount(account, auth_token, username, password)

    async def _free_bandwidth_id(self, tx: Transaction) -> str:
        while True:
            candidate = str(9_000_000 + int(self._entropy.random() * 1_000_000))
            if await tx.account_by_bandwidth_id(candidate) is None:
                return candidate


class CreateApiKey:
    """Makes API keys: a key's name is its id, its secret is shown once."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy

    async def __call__(
        self, account_id: AccountId, permissions: tuple[str, ...] = ()
    ) -> tuple[Credential, str]:
        """The key and its secret. Raises NotFound for an unknown account."""
        async with self._store.transaction() as tx:
            if await tx.account(account_id) is None:
                raise NotFound("account", account_id)
            key_id = CredentialId(self._entropy.id())
            credential = Credential(
                key_id, account_id, CredentialKind.API_KEY, key_id, permissions, self._clock.now_ms()
            )
            secret = self._entropy.token(TOKEN_LENGTH)
            await tx.put_credential(credential, secret)
        return credential, secret
