"""Where SIP users can be reached, as rows."""

from hubbub.services.ports import Registration
from hubbub.storage.engines.connection import Connection


class Registrations:
    """Reads and writes contacts."""

    __slots__ = ("_db",)

    def __init__(self, db: Connection) -> None:
        self._db = db

    async def of(self, username: str) -> list[Registration]:
        return [Registration._make(row) for row in await self._db.all("list_registrations", (username,))]

    async def put(self, registration: Registration) -> None:
        await self._db.run("put_registration", registration)

    async def delete(self, username: str, contact_uri: str) -> None:
        await self._db.run("delete_registration", (username, contact_uri))
