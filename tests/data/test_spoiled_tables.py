"""Spoiled files are read as the table that they were made from."""

from __future__ import annotations

import numpy as np
import pytest
from conftest_types import Write
from spoiled_tables import CLEAN, CODE_PAGES, HEADER, SPOILED

from compare_cli.data import read
from compare_cli.errors import DataError
from compare_cli.types import Dataset


def assert_says(dataset: Dataset, table: list[tuple[str, ...]]) -> None:
    """Every cell of a table is there: numbers, text, missing cells, classes."""
    weights, remarks, places, answers = zip(*table, strict=True)
    assert (dataset.target, tuple(dataset.X.columns)) == (HEADER[-1], HEADER[:-1])
    assert [dataset.classes[code] for code in dataset.y] == list(answers)
    np.testing.assert_array_equal(dataset.X["weight"], [float(w) if w else np.nan for w in weights])
    found = [["" if cell != cell else cell for cell in dataset.X[name]] for name in ("remark", "place")]
    assert [" ".join(cell.split()) for cell in found[0]] == [" ".join(cell.split()) for cell in remarks]
    assert found[1] == list(places)


@pytest.mark.parametrize("name", SPOILED)
def test_a_spoiled_table_says_what_the_clean_one_says(write: Write, name: str) -> None:
    suffix, make = SPOILED[name]
    assert_says(read(write(make(), f"table.{suffix}"), target="answer"), CLEAN)


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_a_code_page_has_to_be_named_and_is_read_then(write: Write, encoding: str) -> None:
    path = write(CODE_PAGES[encoding])
    with pytest.raises(DataError, match="--encoding"):
        read(path, target="answer")
    latin = [tuple(cell.replace("Łódź", "Lodz") for cell in line) for line in CLEAN]
    assert_says(read(path, target="answer", encoding=encoding), latin)
