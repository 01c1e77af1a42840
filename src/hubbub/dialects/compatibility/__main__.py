"""Writes docs/compatibility/, or says which of its pages are stale."""

import argparse
import sys
from pathlib import Path

from hubbub.dialects.compatibility.page import load_vendor, render
from hubbub.dialects.registry import dialects


def pages() -> dict[str, str]:
    """File name to text, a page for each dialect."""
    return {f"{dialect.name}.md": render(dialect, load_vendor(dialect.name)) for dialect in dialects()}


def stale(folder: Path) -> list[str]:
    """Names of the pages that are missing or say something else."""
    found = []
    for name, text in pages().items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            found.append(name)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m hubbub.dialects.compatibility", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="exit 1 if a page is stale")
    what.add_argument("--write", action="store_true", help="write the pages that are")
    parser.add_argument("--folder", type=Path, default=Path("docs/compatibility"))
    words = parser.parse_args()
    names = stale(words.folder)
    for name in names:
        if words.write:
            (words.folder / name).write_text(pages()[name], "utf-8")
        sys.stderr.write(f"{'wrote' if words.write else 'stale:'} {words.folder / name}\n")
    return 1 if words.check and names else 0


if __name__ == "__main__":
    sys.exit(main())
