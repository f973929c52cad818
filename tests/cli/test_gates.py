"""Gates as text, JSON and JUnit, and their exit codes."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from compare_cli.report.formats import junit_page

FAST = ("--models", "tree,logistic", "--repeats", "1", "--no-boundary", "--no-store")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    from compare_cli.api import compare
    from compare_cli.document import to_json

    folder = tmp_path_factory.mktemp("gates")
    for name, models in (("good", "logistic"), ("bad", "tree(max_depth=1)")):
        found = compare("iris", models=models, repeats=2, jobs=1, boundary=False)
        (folder / f"{name}.json").write_text(to_json(found))
    return folder


def suite(text: str):
    root = ElementTree.fromstring(text)
    (found,) = root
    assert root.tag == "testsuites"
    assert found.tag == "testsuite"
    return found


@pytest.mark.parametrize(
    ("base", "new", "code"), [("good", "good", 0), ("good", "bad", 5), ("bad", "good", 0)]
)
def test_a_gate_in_every_form(compare, results, tmp_path, base, new, code):
    files = (str(results / f"{base}.json"), str(results / f"{new}.json"))
    text = compare("gate", *files)
    assert text.code == code
    facts = json.loads(compare("gate", *files, "--format", "json").out)
    assert (facts["passed"], facts["sentence"]) == (code == 0, text.out.strip())
    shown = compare("gate", *files, "--format", "junit")
    assert shown.code == code
    for page in (shown.out, written(compare, files, tmp_path / "gate.xml", code)):
        found = suite(page)
        assert (found.get("tests"), found.get("failures")) == ("1", "1" if code else "0")
        (case,) = found.findall("testcase")
        assert "is no worse than" in case.get("name", "")
        assert [f.get("message") for f in case.findall("failure")] == ([text.out.strip()] if code else [])


def written(compare, files, file, code) -> str:
    ended = compare("gate", *files, "-o", str(file))
    assert (ended.code, ended.out) == (code, "")
    assert bool(ended.err) is bool(code), "what is in a file is said where it fails"
    return file.read_text(encoding="utf-8")


def test_thresholds_are_tests_of_a_suite(compare, tmp_path):
    gates = ("--fail-under", "accuracy=0.5", "--fail-under", "accuracy=0.99")
    ended = compare("fit", "iris", *FAST, *gates, "--format", "junit")
    assert ended.code == 5
    found = suite(ended.out)
    assert (found.get("tests"), found.get("failures")) == ("2", "1")
    held, missed = found.findall("testcase")
    assert (held.get("name"), held.findall("failure")) == ("accuracy=0.5", [])
    assert missed.get("name") == "accuracy=0.99"
    why = missed.find("failure")
    assert why is not None
    assert f"error: {why.get('message')}" in ended.err
    assert compare("fit", "iris", *FAST, *gates[:2], "-o", str(tmp_path / "a.xml")).code == 0
    assert suite((tmp_path / "a.xml").read_text()).get("failures") == "0"


def test_a_run_that_is_not_complete_holds_no_gate(compare):
    ended = compare(
        "fit", "iris", *FAST, "--time-limit", "1e-9", "--fail-under", "accuracy=0.1", "--format", "junit"
    )
    assert ended.code == 4
    assert suite(ended.out).get("failures") == "1"


@pytest.mark.parametrize("args", [("fit", "iris", *FAST), ("bench", "iris", *FAST)])
def test_without_a_gate_there_is_nothing_to_test(compare, args):
    ended = compare(*args, "--format", "junit")
    assert ended.code == 2
    assert "give --fail-under" in ended.err


def test_a_format_that_is_none_of_a_gates(compare, results):
    file = str(results / "good.json")
    ended = compare("gate", file, file, "--format", "html")
    assert ended.code == 2
    assert "Known: text, json, junit." in ended.err


SHAPE = {
    "testsuites": ({"name", "time", "tests", "failures", "errors", "disabled"}, set(), ("testsuite",)),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname", "id", "package"},
        {"name", "tests"},
        ("properties", "testcase", "system-out", "system-err"),
    ),
    "testcase": (
        {"name", "classname", "time", "assertions", "status"},
        {"name", "classname"},
        ("skipped", "error", "failure", "system-out", "system-err"),
    ),
    "failure": ({"type", "message"}, set(), ()),
    "system-out": (set(), set(), ()),
}
"""Attributes that JUnit's schema knows and asks for in each element, and its children in their order."""


@pytest.mark.parametrize("checks", [{"a": ""}, {"a": "why", "b": "", "c": "why not"}])
def test_the_xml_has_the_shape_of_junits_schema(checks):
    root = ElementTree.fromstring(junit_page("compare fit", checks, 1.25, "what it says"))
    for element in root.iter():
        known, asked, children = SHAPE[element.tag]
        assert asked <= element.attrib.keys() <= known
        places = [children.index(child.tag) for child in element]
        assert places == sorted(places)
    (found,) = root
    for name, tag in (("tests", "testcase"), ("failures", "testcase/failure")):
        assert int(root.get(name)) == int(found.get(name)) == len(found.findall(tag))
    assert float(found.get("time")) == 1.25


@pytest.mark.parametrize("name", ["<&>\"'", "a\x1b[31mb\x00", "日本語", "]]>"])
def test_hostile_names_are_text_in_xml(name):
    found = suite(junit_page(name.replace("\x1b", "").replace("\x00", ""), {name: name}, said=name))
    failure = found.find("testcase/failure")
    assert failure is not None
    assert failure.text == found.findtext("system-out")
    assert "\x1b" not in str(failure.text)


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("fit", "iris", "--model", "tree"), "--model says which model --fail-under looks at"),
        (("bench", "iris", "--model", "tree"), "--model says which model --fail-under looks at"),
        (("fit", "iris", "--fail-under", "accuracy=97"), "Did you mean accuracy=0.97?"),
        (("fit", "iris", "--fail-under", "roc_auc=93.5"), "Did you mean roc_auc=0.935?"),
        (("fit", "iris", "--fail-under", "accuracy=970"), "accuracy lies between 0 and 1."),
        (("fit", "iris", "--fail-under", "accuracy=-1"), "accuracy lies between 0 and 1."),
        (("fit", "iris", "--fail-under", "accuracy=high"), "--fail-under accuracy=high: write it as"),
        (
            ("fit", "iris", "--fail-under", "acuracy=.9"),
            "--fail-under acuracy=.9: no such score. Did you mean",
        ),
        (("fit", "iris", "--fail-under", "accuracy=.9", "--model", "tre"), "--model tre: is not among"),
        (("fit", "iris", "--fail-under", "accuracy=.9", "--model", "mlp"), "--model mlp: is not among"),
        (("bench", "iris", "--baseline", "tre"), "--baseline tre: is not among"),
    ],
)
def test_mistakes_name_the_option_that_was_typed(compare, args, told):
    ended = compare(*args, *FAST)
    assert (ended.code, ended.out) == (2, "")
    assert told in " ".join(ended.err.split())


def test_fail_under_looks_at_the_recommended_model_or_at_the_one_named(compare):
    table = (
        "fit",
        "iris",
        "--models",
        "tree(max_depth=1),logistic",
        *FAST[2:],
        "--fail-under",
        "accuracy=0.8",
    )
    assert compare(*table).code == 0, "logistic is recommended"
    assert compare(*table, "--model", "logistic").code == 0
    ended = compare(*table, "--model", "tree(max_depth=1)")
    assert ended.code == 5
    assert "the lower bound of tree(max_depth=1) is" in " ".join(ended.err.split())
    named = (
        "fit",
        "iris",
        "--models",
        "t=tree(max_depth=1),logistic",
        *FAST[2:],
        "--fail-under",
        "accuracy=0.8",
    )
    assert compare(*named, "--model", "t").code == 5, "a name of the user's"


def test_without_a_recommended_model_no_threshold_holds(compare):
    asked = ("fit", "noise", "--models", "tree", *FAST[2:], "--fail-under", "accuracy=0.1")
    ended = compare(*asked)
    assert ended.code == 5
    assert "no model is recommended; --model NAME looks at one all the same" in " ".join(ended.err.split())
    assert compare(*asked, "--model", "tree").code == 0


def test_gate_takes_runs_as_well_as_files(compare, results):
    for models in ("logistic", "tree(max_depth=1)"):
        fitted = compare("fit", "iris", "--models", models, "--repeats", "2", "--no-boundary", "-q")
        assert fitted.code == 0
    held = {
        ("last~1", "last"): 5,
        ("last", "last~1"): 0,
        ("last", "last"): 0,
        (str(results / "good.json"), "last"): 5,
        ("last", str(results / "good.json")): 0,
    }
    for pair, code in held.items():
        ended = compare("gate", *pair)
        assert ended.code == code, (pair, ended)
    missing = compare("gate", "last~7", "last")
    assert missing.code == 2
    assert "last~7" in missing.err
