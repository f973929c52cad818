"""Rows for a model that is there: of a large file of text one block after the other, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from compare_cli.data.bytes import ByteSource
from compare_cli.data.dataset import conform, unseen_notes
from compare_cli.data.roles import SHOWN
from compare_cli.data.sources import load_bytes, opened, options_like, recognised
from compare_cli.data.table import ReadOptions, Table
from compare_cli.data.text import Plan, checked, make_plan
from compare_cli.notes import note
from compare_cli.types import Dataset, Note

LARGE = 64 * 2**20  # bytes of a file, from which on it is read in blocks
BLOCK = 16 * 2**20  # bytes


def read_blocks(source: Any, like: Dataset, notes: list[Note], **asked: Any) -> Iterator[Dataset]:
    """Yield rows without labels, or whose labels do not count, as those of ``like``, in order.

    Each has the first class. A file of text of 64 MiB or more comes in blocks, everything else at once.
    ``notes`` gets what is to be said of the table: of categories that ``like`` has not at the end. ``asked``
    are `ReadOptions`. Raises DataError, naming them, for columns that are missing.
    """
    options = checked(options_like(like, **asked))
    unseen: dict[str, tuple[int, str]] = {}
    first = True
    for table in _tables(source, options):
        if first:
            known = {like.target, *(column.name for column in like.columns)}
            others = [name for name in table.frame.columns if name not in known]
            shown = ", ".join(map(repr, others[:SHOWN])) + (", …" if len(others) > SHOWN else "")
            notes += [note("columns_passed_over", count=len(others), columns=shown)] if others else []
        labelled = table.frame.assign(**{like.target: like.classes[0]})
        rows = conform(replace(table, frame=labelled), like, unseen)
        notes += [told for told in rows.notes if told.code not in {n.code for n in notes}]
        first = False
        yield rows
    notes += unseen_notes(unseen)


def _tables(source: Any, options: ReadOptions) -> Iterator[Table]:
    """Yield the tables of a source: one, or those of the blocks of a large text."""
    found = opened(source, options.max_bytes)
    known = found if isinstance(found, Table) else recognised(found, options)
    if isinstance(known, Table):
        yield known
        return
    assert isinstance(found, ByteSource), "a text comes as bytes"
    path = known.text.path
    plan = make_plan(known.text, options) if path is not None and path.stat().st_size >= LARGE else None
    if plan is None or not _in_ascii(plan.encoding) or plan.nuls or plan.layout.rescued is not None:
        yield load_bytes(found, options)
        return
    quote = plan.dialect.quote or "none"
    look: dict[str, Any] = {
        "encoding": plan.encoding,
        "delimiter": plan.dialect.name,
        "quote": quote,
        "skip_rows": 0,
        "header": len(plan.layout.header_cells),
    }
    for data in _parts(known.text, plan):
        block = ByteSource(found.name, found.source, data=data)
        yield load_bytes(block, replace(options, **look))


def _in_ascii(encoding: str) -> bool:
    """Whether a line ends, and a quote is, what it is in ASCII: not so in UTF-16."""
    return '\n"'.encode(encoding) == b'\n"'


def _parts(text: ByteSource, plan: Plan) -> Iterator[bytes]:
    """Yield the bytes of a text in parts that end with a record, the header before each."""
    quote = plan.dialect.quote.encode("ascii") if plan.quoted else b""
    with text.open() as stream:
        begin = [stream.readline() for _ in range(plan.skip_lines)]
        lines = sum(1 + "".join(cells).count("\n") for cells in plan.layout.header_cells)
        header = b"".join(begin[len(begin) - lines :]) if lines else b""
        rest = b""
        while data := stream.read(BLOCK):
            data = rest + data
            end = _last_record(data, quote)
            rest = data[end:]
            if end:
                yield header + data[:end]
        if rest:
            yield header + rest


def _last_record(data: bytes, quote: bytes) -> int:
    """Return the position behind the last line break that is outside of quotes; 0 where there is none."""
    end = data.rfind(b"\n") + 1
    inside = bool(quote) and data.count(quote, 0, end) % 2 == 1
    while inside and end:
        before = data.rfind(b"\n", 0, end - 1) + 1
        inside ^= data.count(quote, before, end) % 2 == 1
        end = before
    return end
