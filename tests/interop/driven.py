"""Which of a dialect's operations were asked for: what passed a wiretap, held against the dialect's table of routes."""

import re
from collections.abc import Iterable

from hubbub.dialects.contract import EXTENSION, Dialect, Route
from interop.wiretap import Passed

READS = frozenset({"GET", "HEAD", "OPTIONS"})
_PLACEHOLDER = re.compile(r"\{\w+\}")


def writes(dialect: Dialect) -> list[Route]:
    """The vendor's operations that change something, in the order of the table."""
    return [route for route in dialect.routes if route.method not in READS and EXTENSION not in route.tags]


def statuses(dialect: Dialect, passed: Iterable[Passed]) -> dict[str, list[int]]:
    """What each operation that was asked for answered, one status after another, by its name."""
    found: dict[str, list[int]] = {}
    for each in passed:
        route = _route(dialect, each)
        if route is not None:
            found.setdefault(route.operation, []).append(each.status)
    return found


def parameters(dialect: Dialect, passed: Iterable[Passed]) -> dict[str, frozenset[str]]:
    """With which parameters of a form each operation was asked for that did not refuse, by its name."""
    found: dict[str, frozenset[str]] = {}
    for each in passed:
        route = _route(dialect, each)
        if route is not None and each.status < 400:
            found[route.operation] = found.get(route.operation, frozenset()) | each.parameters
    return found


def _route(dialect: Dialect, passed: Passed) -> Route | None:
    below = [
        passed.path.removeprefix(prefix)
        for prefix in dialect.prefixes
        if passed.path.startswith(prefix + "/")
    ]
    if not below:
        return None
    # Some tables have whole paths, others what is below the prefix and has no suffix.
    plain = re.sub(r"\.json(?=/|$)", "", below[0])
    named = [
        route
        for route in dialect.routes
        if route.method == passed.method
        and (_pattern(route).fullmatch(passed.path) or _pattern(route).fullmatch(plain))
    ]
    # A fixed word is more than a placeholder: `/Recordings/{Sid}.wav` comes before `/Recordings/{Sid}`.
    return max(named, key=lambda route: len(_PLACEHOLDER.sub("", route.template)), default=None)


def _pattern(route: Route) -> re.Pattern[str]:
    return re.compile("[^/]+".join(re.escape(part) for part in _PLACEHOLDER.split(route.template)))
