"""The built-in data sets: made by their script, complete cards, rows as stated."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from atlas_card import FOLDER, NAMES, AtlasFile, read

# Names under which the program offers scikit-learn's own tables.
TAKEN = {"iris", "wine", "breast_cancer", "digits"}
FIELDS = ["shows", "rows", "truth", "bayes accuracy", "expected", "explained"]
MODELS = {"logistic regression", "tree", "MLP"}


def test_the_script_writes_the_same_files_again(tmp_path: Path) -> None:
    for script in FOLDER.glob("*.py"):
        shutil.copy(script, tmp_path)
    subprocess.run([sys.executable, "-B", tmp_path / "make.py"], check=True)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".py"}
    kept = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in {".csv", ".md"}}
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_card_is_complete(atlas_file: AtlasFile) -> None:
    name, _, title = atlas_file.title.partition(": ")
    assert name == atlas_file.path.stem
    assert title
    assert list(atlas_file.card) == FIELDS
    assert all(atlas_file.card.values())


def test_card_names_winners_that_exist(atlas_file: AtlasFile) -> None:
    winners = atlas_file.winners
    assert set(winners) <= MODELS or winners in (["no model"], ["undecided"])
    assert atlas_file.card["expected"].partition("; ")[2]


def test_rows_match_the_card(atlas_file: AtlasFile) -> None:
    assert len(atlas_file.rows) == int(atlas_file.card["rows"]) <= 2500
    assert {len(row) for row in atlas_file.rows} == {len(atlas_file.header)}


def test_target_is_the_last_column_and_never_missing(atlas_file: AtlasFile) -> None:
    assert atlas_file.header[-1] == "class"
    assert len(set(atlas_file.header)) == len(atlas_file.header)
    assert "" not in atlas_file.classes
    assert min(Counter(atlas_file.classes).values()) >= 10  # so that ten folds can be made


def test_bayes_accuracy_is_no_less_than_always_answering_one_class(atlas_file: AtlasFile) -> None:
    if atlas_file.bayes is None:
        return
    majority = max(Counter(atlas_file.classes).values()) / len(atlas_file.rows)
    error = math.sqrt(majority * (1 - majority) / len(atlas_file.rows))
    assert majority - 3 * error <= atlas_file.bayes <= 1


def test_names_are_free() -> None:
    assert not TAKEN & set(NAMES)


def test_readme_lists_every_file() -> None:
    lines = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
    listed = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert sorted(listed) == NAMES


def test_folder_is_small_enough_for_a_wheel() -> None:
    assert sum(path.stat().st_size for path in FOLDER.glob("*.*")) < 1_500_000


def test_rules_without_noise_hold_in_the_files() -> None:
    rules: dict[str, Callable[[list[float]], str]] = {
        "xor": lambda x: "same" if x[0] * x[1] > 0 else "different",
        "xor10": lambda x: "same" if x[0] * x[1] > 0 else "different",
        "checkerboard": lambda x: "white" if (math.floor(x[0]) + math.floor(x[1])) % 2 else "black",
        "ball10": lambda x: "inside" if sum(v * v for v in x) < 9.3418 else "outside",
    }
    for name, rule in rules.items():
        rows = read(name).rows
        assert [rule([float(v) for v in row[:-1]]) for row in rows] == [row[-1] for row in rows], name


def test_rates_of_the_files_agree_with_the_closed_forms() -> None:
    # The true rule of each noisy plane is right as often as its card says, within three standard errors.
    for name, signs in {"line": (1, 1), "slanted": (1, -1) * 5, "tiny": (1, 1, 1)}.items():
        file = read(name)
        sides = [sum(s * float(v) for s, v in zip(signs, row[:-1], strict=True)) > 0 for row in file.rows]
        right = sum(("above" if side else "below") == c for side, c in zip(sides, file.classes, strict=True))
        assert file.bayes is not None
        error = math.sqrt(file.bayes * (1 - file.bayes) / len(file.rows))
        assert abs(right / len(file.rows) - file.bayes) < 3 * error, name
