"""Applications, numbers and trunks, as rows. Passwords among them are sealed."""

from hubbub.domain.application import Application, Number, Trunk
from hubbub.storage.engines.connection import Connection, Row
from hubbub.storage.repositories.accounts import as_list, from_list
from hubbub.storage.repositories.web_targets import target_read, target_written
from hubbub.storage.secrets import Vault


class Applications:
    """Reads and writes where dialled addresses lead."""

    __slots__ = ("_db", "_vault")

    def __init__(self, db: Connection, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def get(self, application_id: str) -> Application | None:
        row = await self._db.one("get_application", (application_id,))
        return None if row is None else self._application(row)

    async def all(self, account_id: str | None) -> list[Application]:
        rows = await _all_or_of_account(self._db, "list_applications", account_id)
        return [self._application(row) for row in rows]

    async def put(self, application: Application) -> None:
        context = _context(application.id)
        values = (
            application.id,
            application.account_id,
            application.friendly_name,
            application.dialect,
            target_written(self._vault, application.voice, context),
            target_written(self._vault, application.fallback, context),
            target_written(self._vault, application.status_callback, context),
            application.created_at_ms,
        )
        await self._db.run("put_application", values)

    async def number(self, address: str) -> Number | None:
        row = await self._db.one("get_number", (address,))
        return None if row is None else Number._make(row)

    async def numbers(self, account_id: str | None) -> list[Number]:
        return [Number._make(row) for row in await _all_or_of_account(self._db, "list_numbers", account_id)]

    async def put_number(self, number: Number) -> None:
        await self._db.run("put_number", number)

    async def trunks(self) -> list[Trunk]:
        return [_trunk(row) for row in await self._db.all("list_trunks")]

    async def trunk_secret(self, username: str) -> tuple[Trunk, str] | None:
        row = await self._db.one("get_trunk_by_username", (username,))
        if row is None or row[7] is None:
            return None
        trunk = _trunk(row[:7])
        return trunk, self._vault.open(row[7], f"trunk {trunk.id}")

    async def put_trunk(self, trunk: Trunk, password: str | None) -> None:
        sealed = None if password is None else self._vault.seal(password, f"trunk {trunk.id}")
        values = (
            trunk.id,
            trunk.account_id,
            trunk.name,
            as_list(trunk.sources),
            trunk.username,
            trunk.target,
            trunk.created_at_ms,
            sealed,
        )
        await self._db.run("put_trunk", values)

    def _application(self, row: Row) -> Application:
        application_id, context = row[0], _context(row[0])
        voice = target_read(self._vault, row[4], context)
        assert voice is not None
        return Application(
            application_id,
            row[1],
            row[2],
            row[3],
            voice,
            target_read(self._vault, row[5], context),
            target_read(self._vault, row[6], context),
            row[7],
        )


async def _all_or_of_account(db: Connection, statement: str, account_id: str | None) -> list[Row]:
    if account_id is None:
        return await db.all(statement)
    return await db.all(f"{statement}_of_account", (account_id,))


def _context(application_id: str) -> str:
    return f"application {application_id}"


def _trunk(row: Row) -> Trunk:
    return Trunk(row[0], row[1], row[2], from_list(row[3]), row[4], row[5], row[6])
