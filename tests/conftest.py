"""What holds for every test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the examples are run from the project's directory

# Ears fit a few sines to a second of sound: sums so small that BLAS's threads, on a machine where other tests run too,
# take ten times as long as one of them alone. It reads this when numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
