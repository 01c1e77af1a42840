"""Slows the guessing of passwords without locking out who knows one.

Owns the counting, per client host and user name. Two steps: past `auth_failures_max` a wrong guess is
answered 429 instead of 401; past `auth_guesses_max` credentials that never worked are not examined at all.
Credentials that have worked pass in both, so an attacker behind the same address cannot lock a client out.
Leaves the examining to the dialects and the clock to the caller.
"""

from typing import NamedTuple

from hubbub.web.settings import WebLimits

KEYS_MAX = 10_000
"""Pairs of host and user name, and known-good headers, kept at most; the oldest are forgotten first."""

Key = tuple[str, str]


class _Window(NamedTuple):
    ends_mono_s: float
    failures: int


class FailureThrottle:
    def __init__(self, limits: WebLimits) -> None:
        self._limits = limits
        self._windows: dict[Key, _Window] = {}
        self._worked: dict[int, None] = {}
        """Hashes of headers (keyed by the process's own hash seed): the secrets themselves are not kept."""

    @property
    def is_watching(self) -> bool:
        """Whether anybody failed lately; if not, there is nothing to ask."""
        return bool(self._windows)

    def may_try(self, key: Key, header: str, now_mono_s: float) -> bool:
        """Whether the credentials should be examined."""
        window = self._windows.get(key)
        if window is None or window.failures < self._limits.auth_guesses_max:
            return True
        if now_mono_s >= window.ends_mono_s:
            del self._windows[key]
            return True
        return hash(header) in self._worked

    def failed(self, key: Key, now_mono_s: float) -> bool:
        """Count a refusal. Returns whether it is one too many, and 429 the answer.

        A header that worked elsewhere stays known: it was refused for what it asked, not for its password.
        """
        window = self._windows.pop(key, None)
        if window is None or now_mono_s >= window.ends_mono_s:
            window = _Window(now_mono_s + self._limits.auth_window_s, 0)
        window = window._replace(failures=window.failures + 1)
        if len(self._windows) >= KEYS_MAX:
            del self._windows[next(iter(self._windows))]
        self._windows[key] = window
        return window.failures > self._limits.auth_failures_max

    def worked(self, header: str) -> None:
        """Remember credentials that were right."""
        known = hash(header)
        if known not in self._worked:
            if len(self._worked) >= KEYS_MAX:
                del self._worked[next(iter(self._worked))]
            self._worked[known] = None

    def wait_s(self, key: Key, now_mono_s: float) -> int:
        """Whole seconds until the failures of `key` are forgotten, at least 1."""
        window = self._windows.get(key)
        return max(1, int(window.ends_mono_s - now_mono_s) + 1) if window else 1
