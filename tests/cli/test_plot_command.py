from __future__ import annotations

import struct
import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from toy_tables import blobs, make_dataset, mixed, with_test

from compare_cli.api import plot
from compare_cli.cli.predictions import color_depth
from compare_cli.engine.plan import Options, prepare_job
from compare_cli.errors import DataError, UsageError
from compare_cli.plot.drawing import asked_columns

FAST = ("--models", "logistic,tree")


def picture(dataset, features=None, **asked):
    return plot(
        dataset, **{"models": "logistic,tree", "shape": lambda panels: (12, 12), **asked}, features=features
    )


def test_a_pipe_gets_letters_and_the_caption_says_what_is_shown(compare, table):
    ended = compare("plot", str(table), *FAST)
    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "Plane: columns 'size' and 'weight'." in ended.out
    assert "A no  B yes" in ended.out
    assert "held at a typical training row (medians, most frequent categories): kind = " in " ".join(
        ended.out.split()
    )
    assert "The picture shows columns 'size' and 'weight'. Look elsewhere with --features A,B." in ended.err


def test_colour_is_forced_and_its_depth_told_by_the_environment(compare, table, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLORTERM", "truecolor")
    assert "\x1b[38;2;" in compare("plot", str(table), *FAST).out
    monkeypatch.setenv("COLORTERM", "")
    out = compare("plot", str(table), *FAST).out
    assert "\x1b[38;5;" in out
    assert "38;2;" not in out


def test_an_ascii_terminal_gets_ascii(spawn, table):
    env = {"PYTHONIOENCODING": "ascii", "FORCE_COLOR": "1", "PYTHONUTF8": "0"}
    ended = spawn("plot", str(table), *FAST, "--quiet", env=env)
    assert ended.code == 0
    assert ended.out.isascii()
    assert "\x1b" not in ended.out
    assert ended.err == ""


def test_no_color_means_letters(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert color_depth() == "letters"


def test_accuracy_is_that_of_the_first_fold_of_fit():
    from compare_cli.engine.fit import fit_task
    from compare_cli.engine.plan import make_tasks
    from compare_cli.engine.splits import make_splits

    dataset = mixed(120)
    job = prepare_job(dataset, Options(models="logistic,tree,mlp,forest", boundary=False, seed=3))
    split = next(make_splits(dataset, job.plan, 3))[0]
    tasks = make_tasks(dataset, job.models[:-1], [split], job.shape, 3)
    truth = {task.model.name: fit_task(task, job.workspace).accuracy for task in tasks}
    drawn = picture(dataset, models="logistic,tree,mlp,forest", seed=3)
    assert {panel.model: panel.accuracy for panel in drawn.panels} == truth


def test_the_picture_of_two_columns_is_what_the_model_says_of_such_rows():
    dataset = blobs(90, 3, features=2)
    drawn = picture(dataset, models="tree")
    job = prepare_job(dataset, Options(models="tree", boundary=False))
    from sklearn.tree import DecisionTreeClassifier

    from compare_cli.engine.splits import make_splits

    split = next(make_splits(dataset, job.plan, 0))[0]
    tree = DecisionTreeClassifier(random_state=0).fit(
        dataset.X.to_numpy()[split.train], dataset.y[split.train]
    )
    x = drawn.x.low + (np.arange(12) + 0.5) * (drawn.x.high - drawn.x.low) / 12
    y = drawn.y.low + (np.arange(12) + 0.5) * (drawn.y.high - drawn.y.low) / 12
    points = np.array([[a, b] for b in y for a in x])
    assert drawn.panels[0].labels.ravel().tolist() == tree.predict(points).tolist()
    assert drawn.panels[0].fidelity == 1
    assert not [text for text in drawn.caption if "beside this plane" in text]


def test_wrong_marks_are_the_held_out_rows_that_the_model_misses():
    drawn = picture(blobs(200, 2, spread=2.0, features=2))
    tested = int(drawn.points.held_out.sum())
    assert tested == 20
    for panel in drawn.panels:
        assert not (panel.wrong & ~drawn.points.held_out).any()
        assert panel.wrong.sum() == round((1 - panel.accuracy) * tested)


def test_at_most_500_points_half_of_them_held_out_where_there_are_enough():
    drawn = picture(blobs(3000, 2, features=2), models="tree")
    assert len(drawn.points.x) == 500
    assert drawn.points.held_out.sum() == 250
    assert drawn.rows == 3000
    again = picture(blobs(3000, 2, features=2), models="tree")
    assert np.array_equal(drawn.points.x, again.points.x)
    other = picture(blobs(3000, 2, features=2), models="tree", seed=1)
    assert not np.array_equal(drawn.points.x, other.points.x)


def test_other_columns_are_held_at_the_row_that_was_asked_for():
    dataset = mixed(80)
    drawn = picture(dataset, "number,holes", row=5)
    color = dataset.X["color"].iloc[4]
    shown = color if isinstance(color, str) else "missing"
    assert f"Other columns are held at row 5: color = {shown}." in drawn.caption
    for row in (0, 81):
        with pytest.raises(UsageError, match=r"--slice \d+: the table as read has rows 1 to 80"):
            picture(dataset, row=row)


def test_rows_without_a_value_on_the_plane_are_counted_as_not_drawn():
    dataset = mixed(80)
    drawn = picture(dataset, "number,holes")
    missing = int(dataset.X["holes"].isna().sum())
    assert drawn.rows == 80 - missing
    assert f"Not drawn: {missing} rows outside the picture or without a value there." in drawn.caption


def test_one_numeric_column_makes_a_strip_with_a_lane_for_each_class():
    drawn = picture(blobs(60, 3, features=1))
    assert (drawn.y.kind, drawn.y.low, drawn.y.high) == ("classes", -0.5, 2.5)
    assert np.array_equal(np.rint(drawn.points.y), drawn.points.classes)
    assert (drawn.panels[0].labels == drawn.panels[0].labels[0]).all()


def test_categories_alone_make_no_picture():
    dataset = make_dataset({"color": ["red", "blue"] * 20}, np.arange(40) % 2)
    with pytest.raises(DataError, match="needs a numeric column"):
        picture(dataset)


def test_components_are_taken_where_they_tell_more_of_the_models():
    rng = np.random.default_rng(0)
    y = np.arange(300) % 2
    hidden = np.where(y, 2.0, -2.0)
    columns = {f"x{i}": hidden + rng.normal(0, 2.5, 300) for i in range(12)}
    dataset = make_dataset(columns, y)
    drawn = picture(dataset, models="logistic")
    assert "principal components of the 12 numeric columns" in drawn.caption[0]
    assert drawn.x.name.startswith("component 1 (")
    asked = picture(dataset, "x0,x1", models="logistic")
    assert asked.panels[0].fidelity < drawn.panels[0].fidelity - 0.05
    assert (drawn.panels[0].accuracy, drawn.rows) == (asked.panels[0].accuracy, asked.rows)


def test_the_pair_that_tells_most_is_taken_where_it_tells_enough():
    rng = np.random.default_rng(0)
    numbers = rng.uniform(-1, 1, size=(300, 5))
    y = ((numbers[:, 1] > 0) ^ (numbers[:, 3] > 0)).astype(int)
    drawn = picture(make_dataset({f"x{i}": numbers[:, i] for i in range(5)}, y), models="forest")
    assert (drawn.x.name, drawn.y.name) == ("x1", "x3")


def test_a_test_set_is_what_models_are_judged_on():
    data = with_test(blobs(60, 2, seed=0, features=2), blobs(30, 2, seed=1, features=2))
    drawn = picture(data)
    assert drawn.points.held_out.sum() == 30
    assert "Fitted on all 60 rows; accuracy on the 30 rows of the test set." in drawn.caption


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("number,holes", (0, 1)),
        ("holes,number", (1, 0)),
        (" number , holes ", (0, 1)),
        ("holes", (1,)),
        ("PCA", ()),
    ],
)
def test_columns_are_found_by_name(asked, found):
    assert asked_columns(asked, mixed()) == found


def test_names_may_hold_commas_and_pca_may_be_a_column():
    dataset = make_dataset({"a,b": np.arange(6.0), "c": np.arange(6.0), "pca": np.arange(6.0)}, [0, 1] * 3)
    assert asked_columns("a,b", dataset) == (0,)
    assert asked_columns("a,b,c", dataset) == (0, 1)
    assert asked_columns("pca", dataset) == (2,)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("nummber,holes", "there is no column 'nummber'. Did you mean 'number'"),
        ("label,holes", "'label' is the target"),
        ("color,holes", "'color' holds categories"),
        ("number,number", "name two different columns"),
        ("number,holes,number", "name one or two columns"),
        ("", "there is no column ''"),
    ],
)
def test_wrong_columns_get_one_clear_line(asked, told):
    with pytest.raises(UsageError, match=told.replace("(", r"\(")):
        asked_columns(asked, mixed())


def test_a_model_that_fails_is_told_and_the_others_are_drawn(compare, table):
    ended = compare("plot", str(table), "--models", "tree,toy_models:Raises", "--quiet")
    assert ended.code == 4
    assert "toy_models:Raises failed: ArithmeticError: the matrix is singular" in ended.err
    assert "tree" in ended.out


def test_models_that_talk_or_have_no_probabilities_are_drawn(compare, table):
    ended = compare("plot", str(table), "--models", "svm,toy_models:Prints", "--quiet")
    assert ended.code == 0
    assert "noise from Python" not in ended.out


def test_the_baseline_is_drawn_only_where_it_is_asked_for(compare, table):
    assert "dummy" not in compare("plot", str(table), *FAST).out
    assert "dummy" in compare("plot", str(table), "--models", "tree,dummy").out


@pytest.mark.parametrize("name", ["picture.jpg", "picture", "picture.pdf"])
def test_an_unknown_suffix_is_refused_before_anything_runs(compare, table, tmp_path, name):
    file = tmp_path / name
    ended = compare("plot", str(table), "-o", str(file))
    assert ended.code == 2
    assert ".png, .svg, .html" in ended.err
    assert not file.exists()


def test_without_matplotlib_nothing_is_touched(compare, table, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    file = tmp_path / "picture.png"
    file.write_bytes(b"before")
    ended = compare("plot", str(table), "-o", str(file))
    assert ended.code == 2
    assert "pip install 'compare-cli[plot]'" in ended.err
    assert file.read_bytes() == b"before"
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.extra
def test_files_are_whole_and_the_same_each_time(compare, table, tmp_path):
    for suffix in ("png", "svg", "html"):
        files = [tmp_path / f"{i}.{suffix}" for i in (1, 2)]
        for file in files:
            ended = compare("plot", str(table), *FAST, "-o", str(file), "--quiet")
            assert (ended.code, ended.out, ended.err) == (0, "", "")
        assert files[0].read_bytes() == files[1].read_bytes()
    assert struct.unpack(">II", (tmp_path / "1.png").read_bytes()[16:20] + bytes(4))[0] > 900
    for suffix in ("svg", "html"):
        ElementTree.fromstring((tmp_path / f"1.{suffix}").read_bytes())


@pytest.mark.extra
def test_an_error_leaves_the_file_as_it_was(compare, table, tmp_path):
    file = tmp_path / "picture.png"
    file.write_bytes(b"before")
    assert compare("plot", str(table), "-o", str(file), "--features", "nothing").code == 2
    assert compare("plot", str(table), "-o", str(tmp_path / "none" / "picture.png")).code == 2
    assert file.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.extra
def test_hostile_data_is_harmless_in_every_form(compare, tmp_path):
    labels = ("$_{", "<b>&\x1b[31m")
    rows = [f"{i % 7},{i * 37 % 11},{labels[i % 7 > 3]}" for i in range(60)]
    table = tmp_path / "odd.csv"
    table.write_text("$\\frac{<i>,[red]y,<u>t\n" + "\n".join(rows) + "\n", encoding="utf-8")
    assert "\x1b" not in compare("plot", str(table), *FAST).out
    for suffix in ("png", "svg", "html"):
        file = tmp_path / f"odd.{suffix}"
        assert compare("plot", str(table), *FAST, "-o", str(file)).code == 0
        if suffix != "png":
            root = ElementTree.fromstring(file.read_bytes())
            assert not [e for e in root.iter() if e.tag.rpartition("}")[2] in {"b", "i", "u"}]
