"""Finds the dialects: each folder here that exposes a `DIALECT`."""

import pkgutil
from importlib import import_module

import hubbub.dialects as folder
from hubbub.dialects.contract import Dialect
from hubbub.markup.language import MarkupLanguage
from hubbub.markup.limits import DEFAULT_LIMITS, MarkupLimits
from hubbub.services.deliveries.callbacks import CallbackWriter


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


def languages(limits: MarkupLimits = DEFAULT_LIMITS) -> dict[str, MarkupLanguage]:
    """The markup languages by the name of their dialect: each folder's `markup.LANGUAGE`."""
    found: list[MarkupLanguage] = []
    for module in pkgutil.iter_modules(folder.__path__, folder.__name__ + "."):
        if module.ispkg:
            inner = import_module(module.name)
            if any(each.name == "markup" for each in pkgutil.iter_modules(inner.__path__)):
                found.append(import_module(f"{module.name}.markup").LANGUAGE(limits))
    return {language.name: language for language in found}


def callback_writers() -> dict[str, CallbackWriter]:
    """Who words webhooks, by the name of their dialect: each folder's `callbacks.CALLBACKS`."""
    found: list[CallbackWriter] = []
    for module in pkgutil.iter_modules(folder.__path__, folder.__name__ + "."):
        if module.ispkg:
            inner = import_module(module.name)
            if any(each.name == "callbacks" for each in pkgutil.iter_modules(inner.__path__)):
                found.append(import_module(f"{module.name}.callbacks").CALLBACKS)
    return {writer.name: writer for writer in found}
