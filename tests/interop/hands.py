"""Who drives a vendor's client library: one story is told with the library of each language.

A hand is asked in words that are alike in all languages ("conferences.participants.update") and makes the library's own
call of it. Owns the agreement, and the hand that is a program of Node's; the words of each vendor are beside its stories.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from queue import Queue
from typing import Any, NamedTuple, Protocol

ANSWER_S_MAX = 30.0


class Refused(Exception):
    """The library raised its error for an answer."""

    def __init__(self, status: int, code: int | str | None) -> None:
        super().__init__(f"status {status}, code {code}")
        self.status = status
        self.code = code

    @property
    def both(self) -> tuple[int, int | str | None]:
        return self.status, self.code


class Wish(NamedTuple):
    """One call of the library."""

    do: str
    """Its nouns and its verb."""
    where: tuple[str, ...] = ()
    """The keys of the nouns, from the left."""
    parameters: Mapping[str, Any] = {}
    """As they are called in Python."""


class Hand(Protocol):
    """A client library that does what it is told."""

    def __call__(self, do: str, *where: str, **parameters: Any) -> Any:
        """Make one call; the answer's fields under their names in Python, or a list of such.

        Raises:
            Refused: the library did.
        """

    def at_once(self, *wishes: Wish) -> list[Any]:
        """Make several calls at the same time; a refusal stands where its answer would."""

    def close(self) -> None: ...


class NodeHand:
    """A Node program that reads wishes from its input, one JSON object a line, and writes what came of each.

    `{"id": 7, "do": …, "where": […], "parameters": {…}}` is answered, in any order, by `{"id": 7, "result": …}` or by
    `{"id": 7, "refused": {"status": …, "code": …}}`.

    Args:
        program: the program, which is run in its own folder.
        words: its arguments.
    """

    def __init__(self, program: Path, *words: str) -> None:
        self._process = subprocess.Popen(
            ["node", program.name, *words],
            cwd=program.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._numbers = count()
        self._answers: dict[int, Queue[dict[str, Any]]] = {}
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __call__(self, do: str, *where: str, **parameters: Any) -> Any:
        return _result(self._answer(self._ask(Wish(do, where, parameters))))

    def at_once(self, *wishes: Wish) -> list[Any]:
        return [_outcome(self._answer(number)) for number in [self._ask(wish) for wish in wishes]]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._reader.join(timeout=20)
        self._process.stdout.close()

    def _ask(self, wish: Wish) -> int:
        assert self._process.stdin is not None
        number = next(self._numbers)
        self._answers[number] = Queue()
        line = {"id": number, "do": wish.do, "where": wish.where, "parameters": dict(wish.parameters)}
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        return number

    def _answer(self, number: int) -> dict[str, Any]:
        return self._answers[number].get(timeout=ANSWER_S_MAX)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            self._answers[answer["id"]].put(answer)


def _result(answer: dict[str, Any]) -> Any:
    refused = answer.get("refused")
    if refused is not None:
        raise Refused(refused["status"], refused["code"])
    return answer.get("result")


def _outcome(answer: dict[str, Any]) -> Any:
    try:
        return _result(answer)
    except Refused as refused:
        return refused
