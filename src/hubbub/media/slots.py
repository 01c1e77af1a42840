"""Rows of one kind of the core's state, and the ids that name them."""

from hubbub.media.core.layout import SLOT_BITS, SLOT_MASK


class Slots:
    """Hands out ids that are never used again."""

    def __init__(self, first: int, count: int) -> None:
        self._free = list(range(first + count - 1, first - 1, -1))
        self._generations: dict[int, int] = {}
        self.used: set[int] = set()

    def take(self) -> int | None:
        """A new id, or None when all rows are used."""
        if not self._free:
            return None
        slot = self._free.pop()
        self._generations[slot] = generation = self._generations.get(slot, 0) + 1
        row_id = generation << SLOT_BITS | slot
        self.used.add(row_id)
        return row_id

    def give_back(self, row_id: int) -> None:
        self.used.discard(row_id)
        self._free.append(row_id & SLOT_MASK)
