"""Gates as JUnit XML, which build servers show as tests."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from compare_cli.report.escaping import printable


def junit_page(suite: str, checks: Mapping[str, str], seconds: float = 0.0, said: str = "") -> str:
    """Return a suite with a test for each check, which failed where there is a reason (not "").

    ``said`` is what the whole says, in the suite's output.
    """
    counts = {"tests": str(len(checks)), "failures": str(sum(map(bool, checks.values()))), "errors": "0"}
    root = ElementTree.Element("testsuites", counts)
    tests = ElementTree.SubElement(
        root, "testsuite", {"name": suite, **counts, "skipped": "0", "time": f"{seconds:.3f}"}
    )
    for name, why in checks.items():
        case = ElementTree.SubElement(
            tests, "testcase", {"classname": suite, "name": printable(name), "time": "0"}
        )
        if why:
            failure = ElementTree.SubElement(case, "failure", {"message": printable(why), "type": "gate"})
            failure.text = printable(why)
    if said:
        ElementTree.SubElement(tests, "system-out").text = printable(said)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"  # without a declaration it is UTF-8
