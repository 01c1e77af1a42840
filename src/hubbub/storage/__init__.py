"""Where state lives: the only SQL of the project.

Owns the schema and its migrations, the named statements, secrets at rest, and the translation between rows
and domain values. `open_store` answers the store on SQLite; `memory.MemoryStore` is its in-memory twin, held
to the same test-suite. Leaves rules to `domain` and deciding to `services`.
"""

from hubbub.storage.errors import DirectoryInUse, SchemaTooNew, StorageUnusable, WriterBusy
from hubbub.storage.sqlite_store import SqliteStore, open_store

__all__ = ["DirectoryInUse", "SchemaTooNew", "SqliteStore", "StorageUnusable", "WriterBusy", "open_store"]
