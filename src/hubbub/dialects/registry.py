"""Finds the dialects: each folder here that exposes a `DIALECT`."""

import pkgutil
from importlib import import_module

import hubbub.dialects as folder
from hubbub.dialects.contract import Dialect


def dialects() -> tuple[Dialect, ...]:
    """Every dialect of this installation, by name."""
    found: list[Dialect] = []
    for module in pkgutil.iter_modules(folder.__path__, folder.__name__ + "."):
        if module.ispkg:
            dialect = getattr(import_module(module.name), "DIALECT", None)
            if dialect is not None:
                found.append(dialect)
    return tuple(sorted(found, key=lambda dialect: dialect.name))


def dialect(name: str) -> Dialect:
    """The dialect called `name`.

    Raises:
        KeyError: there is none.
    """
    for each in dialects():
        if each.name == name:
            return each
    raise KeyError(name)
