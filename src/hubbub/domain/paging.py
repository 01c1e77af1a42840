"""Asking for a page of a long list, and what comes back.

Keyset paging: a page starts after (or ends before) a `Cursor`, so that its cost does not grow with its
depth and it stays stable while rows are added. An offset is offered for people and for a dialect whose
links are page numbers.
"""

from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Cursor(NamedTuple):
    """A place in a list ordered by creation and id."""

    created_at_ms: int
    id: str


class PageRequest(NamedTuple):
    size: int
    after: Cursor | None = None
    """Rows behind this one in list order."""
    before: Cursor | None = None
    """Rows in front of this one; still returned in list order."""
    offset: int = 0
    """Rows to pass over first, counted from the start; with a cursor it must be 0."""
    descending: bool = False
    """Newest first."""
    total_limit: int | None = None
    """Count the matching rows, but at the most so many. None: no count (`Page.total` is None)."""


class Page(NamedTuple, Generic[T]):
    items: list[T]
    has_more: bool
    """Whether rows follow in list order."""
    has_previous: bool
    """Whether rows come before in list order."""
    total: int | None = None
