"""What every fuzz target shares: seeded mutation of a corpus, a count, and a report of the input that broke.

A target is a function of bytes that returns for good input, returns for bad input too, and raises only when it found a
bug: each target catches its own parser's named error and nothing else. The same seed gives the same inputs.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable, Sequence

Target = Callable[[bytes], None]

_GREATEST_BYTES = 4_096


def mutate(rng: random.Random, corpus: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One input: a member of the corpus after a few cuts, copies, swaps and insertions."""
    data = bytearray(rng.choice(corpus))
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        at = rng.randrange(len(data) + 1)
        span = rng.choice((1, 1, 2, 4, 16, 64))
        kind = rng.randrange(7)
        if kind == 0:
            del data[at : at + span]
        elif kind == 1:
            data[at:at] = data[at : at + span] * rng.choice((1, 2, 30))
        elif kind == 2:
            data[at:at] = rng.choice(words)
        elif kind == 3:
            data[at : at + span] = rng.choice(words)
        elif kind == 4:
            data[at:at] = rng.randbytes(span)
        elif kind == 5 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        else:
            other = rng.choice(corpus)
            start = rng.randrange(len(other) + 1)
            data[at:] = other[start:]
        del data[_GREATEST_BYTES:]
    return bytes(data)


def fuzz(
    target: Target, corpus: Sequence[bytes], words: Sequence[bytes], count: int, seed: int
) -> bytes | None:
    """Run `target` over the corpus and `count` mutations of it; the input that raised, or None."""
    rng = random.Random(seed)
    inputs = [*corpus, *words]
    for number in range(len(inputs) + count):
        data = inputs[number] if number < len(inputs) else mutate(rng, corpus, words)
        try:
            target(data)
        except Exception:  # whatever a target raises is what we look for
            traceback.print_exc()
            return data
    return None


def main(name: str, target: Target, corpus: Sequence[bytes], words: Sequence[bytes]) -> None:
    """The command of one target; exit status 1 and the input in hex when it broke."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.fuzz.{name}", description=f"Fuzz the {name} parsers."
    )
    parser.add_argument("--count", type=int, default=10_000, help="how many inputs (default 10000)")
    parser.add_argument("--seed", type=int, default=1, help="which inputs (default 1)")
    options = parser.parse_args()
    began_s = time.process_time()
    broken = fuzz(target, corpus, words, options.count, options.seed)
    spent_s = time.process_time() - began_s
    if broken is not None:
        sys.stderr.write(f"{name}: broken by {broken.hex()}\n")
        sys.exit(1)
    sys.stdout.write(
        f"{name}: {options.count} inputs, seed {options.seed}, {spent_s:.1f} s CPU, none broke it\n"
    )
