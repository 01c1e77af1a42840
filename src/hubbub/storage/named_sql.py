"""The statements, by name.

All SQL of the project stands in `queries/*.sql`, each statement under a `-- name:` line and a comment that
says what it is for. Words in braces stand for what engines say differently or what exists in two
directions; an engine fills them in once, when it is opened:

- `{hint:INDEX}` the index to walk, for an engine whose planner can be told;
- `{matches:COLUMN}` the column matches a pattern parameter, letter case counting;
- `{among:COLUMN}` the column is one of a parameter that is a JSON array;
- `{least}` and `{greatest}` the functions of those names;
- `{ascending}` makes two statements, NAME and NAME_descending, which order either way;
- `{merge:COLUMNS}` makes statements NAME_1 … NAME_4 (and _descending): the same SELECT so many times, joined
  by UNION ALL, ordered by COLUMNS, with LIMIT ? OFFSET ? at the end.
"""

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Final

_NAME: Final = re.compile(r"^-- name: *(\w+) *$", re.MULTILINE)
_WORD: Final = re.compile(r"\{(\w+)(?::([\w, ]+))?\}")
MERGED_MAX: Final = 4
"""Five phases are all there are, and all of them is no filter."""

Word = Callable[[str, str], str]
"""An engine's translation of `{word:argument}`."""


def load(word: Word) -> dict[str, str]:
    """Every statement by name, with `word` filling in what is the engine's own."""
    statements: dict[str, str] = {}
    for entry in sorted(files("hubbub.storage").joinpath("queries").iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".sql"):
            continue
        for name, text in parse(entry.read_text(encoding="utf-8")):
            for full_name, statement in _expand(name, text, word):
                if full_name in statements:
                    raise ValueError(f"two statements are called {full_name}")
                statements[full_name] = statement
    return statements


def parse(text: str) -> Iterator[tuple[str, str]]:
    """The names and bodies of one file, comments left out.

    Raises:
        ValueError: a statement has no comment, or something stands before the first name.
    """
    parts = _NAME.split(text)
    if parts[0].strip():
        raise ValueError(f"no name before {parts[0].strip()[:40]!r}")
    for name, block in zip(parts[1::2], parts[2::2], strict=True):
        lines = block.strip().splitlines()
        if not lines or not lines[0].startswith("--"):
            raise ValueError(f"statement {name} says nowhere what it is for")
        body = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
        yield name, body.strip().rstrip(";")


def _expand(name: str, text: str, word: Word) -> Iterator[tuple[str, str]]:
    for suffix, direction in (("", "ASC"), ("_descending", "DESC")):
        filled = _fill(text, direction, word)
        merge = re.search(r"\{merge:([\w,]+)\}", filled)
        if merge is not None:
            select = filled[: merge.start()].rstrip()
            order = ", ".join(f"{column} {direction}" for column in merge[1].split(","))
            for count in range(1, MERGED_MAX + 1):
                body = "\nUNION ALL\n".join([select] * count)
                yield f"{name}_{count}{suffix}", f"{body}\nORDER BY {order} LIMIT ? OFFSET ?"
        elif "{ascending}" in text or not suffix:
            yield name + suffix, filled


def _fill(text: str, direction: str, word: Word) -> str:
    def replace(match: re.Match[str]) -> str:
        if match[1] == "ascending":
            return direction
        if match[1] == "merge":
            return match[0]
        return word(match[1], match[2] or "")

    return _WORD.sub(replace, text)
