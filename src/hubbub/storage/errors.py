"""What can be wrong with a data directory, named for what happened."""


class StorageUnusable(Exception):
    """The data directory cannot be served. The message tells an operator what to do."""


class DirectoryInUse(StorageUnusable):
    """Another server serves from this directory."""


class SchemaTooNew(StorageUnusable):
    """A newer version of the server has written this database."""


class WriterBusy(Exception):
    """Another process kept the database locked for longer than we wait."""
