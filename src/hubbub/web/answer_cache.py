"""Answers kept for clients that ask the same thing again.

Owns the keeping: an answer is given again only to a request that is equal to the byte (so also from somebody
with the same credentials), while the store's version is the one it was made under, and for a second at most,
for what depends on time alone (a bearer token runs out). Read-after-write therefore holds as it does without:
one commit, by whichever process, and everything is forgotten.

Reading 50 rows from SQLite costs three times what sending them costs, and consoles and dashboards poll.
"""

from typing import Any, Final, NamedTuple

AGE_MAX_S: Final = 1.0
BODY_BYTES_MAX: Final = 262_144
"""A larger answer is not kept."""
BYTES_MAX: Final = 16 * 1024 * 1024
"""Bodies kept together; past it everything is forgotten and keeping begins anew."""

Key = tuple[Any, ...]
RawHeaders = list[tuple[bytes, bytes]]


class Answer(NamedTuple):
    headers: RawHeaders
    """Without the request id."""
    body: bytes
    made_mono_s: float


class AnswerCache:
    def __init__(self) -> None:
        self._answers: dict[Key, Answer] = {}
        self._version: int | None = None
        self._bytes = 0

    def get(self, key: Key, version: int, now_mono_s: float) -> Answer | None:
        """The answer to an equal request, if nothing can have changed since."""
        if version != self._version:
            self._forget()
            self._version = version
            return None
        answer = self._answers.get(key)
        if answer is None or now_mono_s - answer.made_mono_s > AGE_MAX_S:
            return None
        return answer

    def put(self, key: Key, version: int, answer: Answer) -> None:
        """Keep an answer that was begun under `version`."""
        size = len(answer.body)
        if version != self._version or size > BODY_BYTES_MAX:
            return
        if self._bytes + size > BYTES_MAX:
            self._forget()
        replaced = self._answers.get(key)
        self._bytes += size - (len(replaced.body) if replaced is not None else 0)
        self._answers[key] = answer

    def _forget(self) -> None:
        self._answers.clear()
        self._bytes = 0
