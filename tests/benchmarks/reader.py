"""How well readers read spoiled tables: the score of the Pollock benchmark, and counts on real files.

Every reader gets the same files in the same run and nothing but the encoding. Per file the score is the sum
of ten parts, each in [0, 1]: whether it was loaded at all, then precision, recall and F1 of the header's
cells, of the records and of all cells, as multisets (Vitagliano et al., Pollock, VLDB 2023).

A real file is read right where delimiter, header and number of rows are those of its clean version. People
made that by hand: some spelled a name anew, or decoded a letter in another way. So a header is right where
as many columns are named and 19 in 20 words of the names are the same in letters of ASCII; how many are right
to the letter is shown, too. Where the delimiter that is said does not occur in the file, none is asked for.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from compare_cli.data import read_cells
from compare_cli.data.table import Cells

MESSY = Path(__file__).parents[3] / "shared" / "data" / "messy"
if not MESSY.is_dir():
    MESSY = Path(__file__).parents[4] / "shared" / "data" / "messy"
SAME_WORDS = 0.95  # F1 of the words of two headers
Reader = Callable[[Path, str], Cells]


def with_compare(path: Path, encoding: str) -> Cells:
    """Read with compare; a byte-order mark counts more than the encoding."""
    return read_cells(path, encoding=encoding)


def with_pandas(path: Path, encoding: str) -> Cells:
    """Read as pandas does without options, texts as they are."""
    import pandas as pd

    frame = pd.read_csv(path, encoding=encoding, dtype=str, keep_default_na=False)
    return Cells(list(map(str, frame.columns)), frame.astype(str).to_numpy().tolist(), delimiter=",")


def with_clevercsv(path: Path, encoding: str) -> Cells:
    """Read with clevercsv, which takes the first row for the header."""
    import clevercsv

    rows = clevercsv.read_table(str(path), encoding=encoding)
    found = clevercsv.detect_dialect(str(path), encoding=encoding) if rows else None
    return Cells(rows[0] if rows else None, rows[1:], delimiter=found.delimiter if found else None)


def _with_duckdb(path: Path, encoding: str, options: str) -> Cells:
    import duckdb

    coded = encoding if encoding.casefold() in {"latin-1", "utf-16"} else "utf-8"
    query = f"SELECT * FROM read_csv(?, all_varchar=true, encoding='{coded}'{options})"
    with duckdb.connect() as connection:
        found = connection.execute(query, [str(path)])
        names = [column[0] for column in found.description]
        rows = [["" if cell is None else cell for cell in row] for row in found.fetchall()]
        sniff = f"SELECT Delimiter FROM sniff_csv(?, encoding='{coded}'{options})"
        sniffed = connection.execute(sniff, [str(path)]).fetchone()
    header = None if all(re.fullmatch(r"column\d+", name) for name in names) else names
    return Cells(header, rows, delimiter=sniffed[0] if sniffed else None)


def with_duckdb(path: Path, encoding: str) -> Cells:
    """Read as DuckDB does without options."""
    return _with_duckdb(path, encoding, "")


def with_lenient_duckdb(path: Path, encoding: str) -> Cells:
    """Read with DuckDB, told to go on where it can."""
    return _with_duckdb(path, encoding, ", strict_mode=false, ignore_errors=true, null_padding=true")


READERS: dict[str, Reader] = {
    "compare": with_compare,
    "pandas": with_pandas,
    "clevercsv": with_clevercsv,
    "duckdb": with_duckdb,
    "duckdb lenient": with_lenient_duckdb,
}


def clean_cells(folder: Path, name: str) -> Cells:
    """Return what a table says: the header that its parameters promise, and the rows."""
    csv.field_size_limit(10_000_000)
    said = parameters(folder, name)
    with (folder / "clean" / name).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    named = bool(rows) and [c.strip() for c in rows[0]] == [c.strip() for c in said["column_names"]]
    if int(said["header_lines"]) > 0 and rows:
        return Cells(rows[0], rows[1:])
    return Cells(None, rows[1:] if named else rows)


def parameters(folder: Path, name: str) -> dict[str, Any]:
    """Return what is known of a file: encoding, delimiter, number of header lines."""
    said: dict[str, Any] = json.loads((folder / "parameters" / f"{name}_parameters.json").read_text())
    return said


def overlap(got: Iterable[Any], meant: Iterable[Any]) -> list[float]:
    """Return precision, recall and F1 of one multiset against another; of two empty ones all are 1."""
    found, wanted = Counter(got), Counter(meant)
    if not found and not wanted:
        return [1.0, 1.0, 1.0]
    both = (found & wanted).total()
    precision, recall = both / max(1, found.total()), both / max(1, wanted.total())
    return [precision, recall, 2 * precision * recall / (precision + recall) if both else 0.0]


def pollock(got: Cells | None, meant: Cells) -> float:
    """Return the score of a table as read, 0 to 10; 0 where it was not loaded."""
    if got is None:
        return 0.0
    parts = [1.0, *overlap(_plain(got.header or []), _plain(meant.header or []))]
    parts += overlap(map(tuple, map(_plain, got.rows)), map(tuple, map(_plain, meant.rows)))
    parts += overlap(
        (c for row in got.rows for c in _plain(row)), (c for row in meant.rows for c in _plain(row))
    )
    return sum(parts)


def _plain(row: Iterable[str]) -> list[str]:
    """Return cells with single blanks, and without blank ones at the end."""
    cells = [" ".join(cell.split()) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def read_with(reader: Reader, path: Path, encoding: str) -> Cells | None:
    """Return a table as a reader has it, None where it refuses."""
    try:
        return reader(path, encoding)
    except Exception as error:  # each library raises its own
        print(f"  {path.name}: {type(error).__name__}: {str(error).splitlines()[0][:90]}", file=sys.stderr)
        return None


def kind(name: str) -> str:
    """Return how a file was spoiled, by its name."""
    return re.sub(r"_(0x\w+|\d+|less|more|same|col\d+|quote\d+_col\d+).*|\.csv", "", name)


def scores(folder: Path) -> dict[str, dict[str, float]]:
    """Return the score of each file of a folder by reader."""
    found: dict[str, dict[str, float]] = {}
    for path in sorted((folder / "csv").glob("*")):
        meant, encoding = clean_cells(folder, path.name), parameters(folder, path.name)["encoding"] or "utf-8"
        found[path.name] = {
            name: pollock(read_with(reader, path, encoding), meant) for name, reader in READERS.items()
        }
    return found


def named(table: Cells) -> list[str]:
    """Return the names in a header; a column without one has none, wherever it stands."""
    return [" ".join(name.split()) for name in table.header or [] if name.strip()]


def same_header(got: Cells, meant: Cells) -> bool:
    """Whether two headers name as many columns, with the same words but for one in 20."""
    ours, theirs = named(got), named(meant)
    _, _, alike = overlap(*(re.findall(r"[A-Za-z0-9]+", " ".join(names)) for names in (ours, theirs)))
    return len(ours) == len(theirs) and alike >= SAME_WORDS


def faults(got: Cells | None, meant: Cells, delimiter: str | None) -> list[str]:
    """Return what a reader has wrong: "delimiter", "header", "rows", and "letters" of the header."""
    if got is None:
        return ["delimiter", "header", "rows", "letters"]
    same = {
        "delimiter": delimiter in {None, got.delimiter},
        "header": same_header(got, meant),
        "rows": len(got.rows) == len(meant.rows),
        "letters": named(got) == named(meant),
    }
    return [what for what, right in same.items() if not right]


def survey(folder: Path) -> dict[str, dict[str, list[str]]]:
    """Return by reader what it has wrong in each file."""
    wrong: dict[str, dict[str, list[str]]] = {name: {} for name in READERS}
    for path in sorted((folder / "csv").glob("*")):
        meant, said = clean_cells(folder, path.name), parameters(folder, path.name)
        encoding, delimiter = said["encoding"] or "utf-8", said["delimiter"]
        occurs = delimiter.encode() in path.read_bytes()
        for name, reader in READERS.items():
            got = read_with(reader, path, encoding)
            wrong[name][path.name] = faults(got, meant, delimiter if occurs else None)
    return wrong


def _show_survey(wrong: dict[str, dict[str, list[str]]]) -> None:
    """Print how many real files each reader has right, and in which compare has what wrong."""
    total = len(wrong["compare"])
    ways = {"right": {"delimiter", "header", "rows"}, "right to the letter": {"delimiter", "rows", "letters"}}
    for way, parts in ways.items():
        right = [sum(not parts & set(found) for found in files.values()) for files in wrong.values()]
        print(f"{f'real files {way}, of {total}':<36}" + "".join(f"{count:>16}" for count in right))
    for name, found in wrong["compare"].items():
        if found:
            print(f"  compare differs in {', '.join(found)}: {name}")


def beside_pandas(folder: Path, rows: int, times: int) -> list[tuple[str, str, str, str, str]]:
    """Return rows of the table of times: a table of floats read by compare and by pandas alone, in turn.

    By the clock, in CPU seconds of this process with all its threads, and in these with the fingerprint: that
    is made when fits are planned, not when a table is read.
    """
    import numpy as np
    import pandas as pd

    from compare_cli.data import read

    path = folder / f"floats{rows}.csv"
    X = np.random.default_rng(0).normal(size=(rows, 28))
    frame = pd.DataFrame(X).add_prefix("x").assign(label=(X[:, 0] + X[:, 1] > 0).astype(int))
    frame.to_csv(path, index=False, float_format="%.6g")
    assert read(path).fingerprint, "what is imported on the way is not counted"
    spent = np.array([_both_read(path, read, pd.read_csv) for _ in range(times)])  # (times, 3, 2)
    lines = []
    for how, way, clock in (("wall", 0, 0), ("CPU", 0, 1), ("CPU, fingerprint too", 1, 1)):
        ours, theirs = spent[:, way, clock], spent[:, 2, clock]
        ratios = ours / theirs
        ratio = f"{np.median(ratios):.2f} ({ratios.min():.2f}-{ratios.max():.2f})"
        times_of = [f"{np.median(seconds):.3f} s" for seconds in (ours, theirs)]
        lines.append((f"{rows:,} x 28, {how}", *times_of, ratio, "" if way else "<= 1.2"))
    return lines


def _both_read(path: Path, read: Callable[[Path], Any], pandas: Callable[[Path], Any]) -> list[list[float]]:
    """Return wall and CPU seconds of reading, of that with the fingerprint, and of pandas alone."""
    began = time.perf_counter(), time.process_time()
    dataset = read(path)
    done = time.perf_counter(), time.process_time()
    assert dataset.fingerprint
    digested = time.perf_counter(), time.process_time()
    pandas(path)
    last = time.perf_counter(), time.process_time()
    pairs = ((began, done), (began, digested), (digested, last))
    return [[end - begin for begin, end in zip(*pair, strict=True)] for pair in pairs]


def compare_readers() -> None:
    """Print the scores of all readers on the spoiled files by kind, and what they make of the real ones."""
    if not MESSY.is_dir():
        print(f"reader: left out, its tables are not there ({MESSY})")
        return
    found = scores(MESSY / "polluted")
    kinds = sorted({kind(name) for name in found})
    print(f"{'Pollock score, of 10':<36}" + "".join(f"{name:>16}" for name in READERS))
    for one in [*kinds, "all"]:
        files = [score for name, score in found.items() if one in {kind(name), "all"}]
        means = [sum(score[name] for score in files) / len(files) for name in READERS]
        print(f"{f'{one} ({len(files)})':<36}" + "".join(f"{mean:>16.3f}" for mean in means))
    _show_survey(survey(MESSY / "survey"))
