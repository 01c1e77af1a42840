"""A story told once on real telephones, each step of which is a test.

The steps follow one another on one stage, because telephones take seconds to come together. What a step came to is
kept, and said by the test that stands for it; once one has failed, those after it are not reached.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

S = TypeVar("S")


class Told:
    """What came of each step, and of all of them together.

    Attributes:
        answers: the statuses that each operation answered, by its name.
    """

    def __init__(self) -> None:
        self._fault: tuple[str, Exception] | None = None
        self._well: set[str] = set()
        self.answers: dict[str, list[int]] = {}

    def tell(self, steps: Sequence[Callable[[S], None]], stage: S) -> None:
        """Take the steps, as far as they go well."""
        for step in steps:
            try:
                step(stage)
            except Exception as fault:
                self._fault = (step.__name__, fault)
                return
            self._well.add(step.__name__)

    def went_well(self, step: Callable[..., None]) -> None:
        """Raises what the step raised, or that another one failed before it."""
        name = step.__name__
        if name in self._well:
            return
        assert self._fault is not None, f"{name} is no step of this story"
        failed, fault = self._fault
        if failed == name:
            raise fault
        raise AssertionError(f"not reached, because this step failed: {failed}") from None
