"""History from a vendor, line by line: `hubbub import FILE`.

Owns the format (docs/import.md), its validation and its batches. Each line is applied whole or not at all,
and again as often as one likes. Leaves the file's choice and the progress bar to the command line, storage
to the store it is given.
"""

from hubbub.importing.import_history import ImportLimits, ImportReport, import_history

__all__ = ["ImportLimits", "ImportReport", "import_history"]
