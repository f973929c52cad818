"""Gates as text, JSON and JUnit, and their exit codes."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from compare_cli.report.junit import junit_page

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


@pytest.mark.parametrize("name", ["<&>\"'", "a\x1b[31mb\x00", "日本語", "]]>"])
def test_hostile_names_are_text_in_xml(name):
    found = suite(junit_page(name.replace("\x1b", "").replace("\x00", ""), {name: name}, said=name))
    failure = found.find("testcase/failure")
    assert failure is not None
    assert failure.text == found.findtext("system-out")
    assert "\x1b" not in str(failure.text)
