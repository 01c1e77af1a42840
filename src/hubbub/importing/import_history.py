"""The import itself: lines in batches, each batch one transaction.

Memory is bounded by a batch, whatever the file's size. Between two transactions the next batch is read, so
that a server on the same directory gets its turn to write.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from hubbub.domain.events import Event, EventKind
from hubbub.importing.apply import Applied, Apply
from hubbub.importing.records import LineRefused, Record, read_record
from hubbub.services.ports import Entropy, Store

Progress = Callable[[int, int, int], None]
"""Called after each batch with bytes done, bytes in all (0 if unknown) and lines done."""

_BOM: Final = b"\xef\xbb\xbf"


class ImportLimits(NamedTuple):
    """What an import bears."""

    line_bytes_max: int = 1 << 20
    batch_lines: int = 1000
    batch_bytes: int = 4 << 20
    """A batch ends with whichever of the two comes first."""
    errors_kept: int = 1000
    """Further bad lines are only counted."""


LIMITS: Final = ImportLimits()


class ImportReport(NamedTuple):
    """How an import went."""

    lines: int
    """Lines that held something."""
    applied: int
    """Lines that changed something."""
    unchanged: int
    """Lines that said what was known."""
    failed: int
    """Lines that were refused."""
    errors: list[str]
    """`line 17: conference.state: …`, the first ones."""


class Line(NamedTuple):
    """One line of the file."""

    number: int
    """Counted from 1, empty lines too."""
    text: bytes
    """Without its line end; empty when it was too long."""
    end: int
    """Bytes of the file up to and with this line."""
    too_long: bool = False


async def import_history(
    store: Store,
    source: Path | BinaryIO,
    progress: Progress,
    *,
    now_ms: int,
    entropy: Entropy,
    limits: ImportLimits = LIMITS,
) -> ImportReport:
    """Import `source`, JSON Lines as docs/import.md says.

    Each line is applied whole or refused whole, and the rest goes on. A batch writes one event for each
    account it changed. Importing the same again changes nothing.

    Raises:
        OSError: the file cannot be read; what was read before it is imported.
    """
    lines = applied = unchanged = 0
    errors: list[str] = []
    failed = 0
    for batch, end, total in _batches(source, limits):
        records: list[tuple[int, Record]] = []
        refusals: list[tuple[int, str]] = []
        for line in batch:
            try:
                if line.too_long:
                    raise LineRefused("", f"longer than {limits.line_bytes_max} bytes")
                records.append((line.number, read_record(line.text)))
            except LineRefused as refusal:
                refusals.append((line.number, str(refusal)))
        counts = await _apply(store, records, refusals, now_ms, entropy, _name_of(source))
        lines += len(batch)
        applied += counts.changed
        unchanged += counts.unchanged
        failed += len(refusals)
        for number, message in sorted(refusals)[: limits.errors_kept - len(errors)]:
            errors.append(f"line {number}: {message}")
        progress(end, total, lines)
    return ImportReport(lines, applied, unchanged, failed, errors)


async def _apply(
    store: Store,
    records: list[tuple[int, Record]],
    refusals: list[tuple[int, str]],
    now_ms: int,
    entropy: Entropy,
    source: str,
) -> Applied:
    if not records:
        return Applied()
    async with store.transaction() as tx:
        apply = Apply(tx, now_ms, entropy)
        for number, record in records:
            try:
                await apply(record)
            except LineRefused as refusal:
                refusals.append((number, str(refusal)))
        counts = apply.applied
        if counts.lines:
            await tx.append(
                [
                    Event(
                        EventKind.HISTORY_IMPORTED,
                        now_ms,
                        account_id,
                        None,
                        None,
                        {"lines": lines, "source": source},
                    )
                    for account_id, lines in counts.lines.items()
                ]
            )
    return counts


def _batches(source: Path | BinaryIO, limits: ImportLimits) -> Iterator[tuple[list[Line], int, int]]:
    """Lines that hold something, in batches; with the bytes done and in all."""
    if isinstance(source, Path):
        with source.open("rb", buffering=1 << 20) as file:
            yield from _stream_batches(file, source.stat().st_size, limits)
    else:
        yield from _stream_batches(source, 0, limits)


def _stream_batches(
    file: BinaryIO, total: int, limits: ImportLimits
) -> Iterator[tuple[list[Line], int, int]]:
    batch: list[Line] = []
    size = 0
    for line in _lines(file, limits.line_bytes_max):
        if line.text or line.too_long:
            batch.append(line)
            size += len(line.text)
        if len(batch) >= limits.batch_lines or size >= limits.batch_bytes:
            yield batch, line.end, total
            batch, size = [], 0
    if batch:
        yield batch, line.end, total


def _lines(file: BinaryIO, length_max: int) -> Iterator[Line]:
    number = end = 0
    while piece := file.readline(length_max + 1):
        number += 1
        end += len(piece)
        too_long = len(piece) > length_max and not piece.endswith(b"\n")
        rest = piece
        while len(rest) > length_max and not rest.endswith(b"\n"):
            rest = file.readline(length_max + 1)
            end += len(rest)
        if number == 1:
            piece = piece.removeprefix(_BOM)
        yield Line(number, b"" if too_long else piece.strip(), end, too_long)


def _name_of(source: Path | BinaryIO) -> str:
    return source.name if isinstance(source, Path) else "stream"
