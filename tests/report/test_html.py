"""The page to send: one file that loads nothing, verdict first, everything escaped, shown by a browser."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from step_table import HOSTILE, shown, steps
from test_tables import hostile
from toy_tables import blobs

from compare_cli.api import curve
from compare_cli.report.pages import judged_times
from compare_cli.report.table import PagePicture
from compare_cli.types import Bench, Comparison

Compared = Callable[..., Comparison]
VOID = {"meta", "img", "br", "link", "circle", "path", "polyline"}


class Page(HTMLParser):
    """A parsed page: its tags with attributes, its text; tags must close each other in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data.split()

    @property
    def text(self) -> str:
        return " ".join(self.words)


@pytest.fixture
def three(compared: Compared) -> Comparison:
    return compared("logistic,tree,naive_bayes")


def test_a_page_says_what_the_result_says_the_verdict_first(three: Comparison) -> None:
    page = Page(shown(three, "html", command="compare fit steps.csv -o page.html"))
    assert page.text.index(three.verdict.sentence) < page.text.index("Accuracy %")
    for model in three.models:
        assert model.model in page.text
    for fact in (three.dataset.fingerprint, "5 stratified folds", "compare fit steps.csv -o page.html"):
        assert fact in page.text
    reason = three.verdict.because[0].partition(" (")[0]
    assert reason in page.text
    assert "pairs.delta" not in page.text
    assert {"Recall", "Precision", "Calibration", "ROC"} <= set(page.words)
    assert f"{three.environment.python}" in page.text


def test_a_page_loads_nothing_and_runs_nothing(three: Comparison) -> None:
    picture = PagePicture((b"<svg xmlns='http://www.w3.org/2000/svg'/>",), ("what it shows",))
    text = shown(three, "html", pictures={"steps": picture})
    page = Page(text)
    assert not [tag for tag, _ in page.tags if tag in {"script", "link", "iframe", "object"}]
    sources = [value for _, attrs in page.tags for name, value in attrs.items() if name in {"src", "href"}]
    assert len(sources) == 1
    assert str(sources[0]).startswith("data:image/svg+xml;base64,")
    assert not re.search(r"url\(|@import|\son\w+=", text)
    assert "what it shows" in page.text


@pytest.mark.parametrize("name", [*HOSTILE, "<script>alert(1)</script>", "{{ 7 * 7 }}", '"><b>'], ids=ascii)
def test_hostile_names_are_text_and_nothing_else(three: Comparison, name: str) -> None:
    page = Page(shown(hostile(three, name), "html", command=name))
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "header", "section", "footer", "h1", "h2", "h3"),
        *("p", "ul", "li", "i", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "g"),
        *("figcaption", "svg", "path", "text", "polyline", "circle", "details", "summary", "dl", "dt", "dd"),
        "code",
    }
    assert all(word.isprintable() for word in page.words)
    if name == "{{ 7 * 7 }}":
        assert "49" not in page.words


def test_a_page_of_several_data_sets_has_them_all_and_what_they_say_together(two_sets: Bench) -> None:
    page = Page(shown(two_sets, "html"))
    assert page.text.index(two_sets.across.verdict.sentence) < page.text.index("mean rank, 1 is best")
    for comparison in two_sets.datasets:
        assert f"{comparison.dataset.name}: 60 rows" in page.text
        assert comparison.verdict.sentence in page.text


def test_results_without_curves_have_a_page(three: Comparison, two_sets: Bench) -> None:
    bare = tuple(
        replace(m, per_class=None, calibration=None, roc=None, confusion=None, boundary=None)
        for m in three.models
    )
    page = Page(shown(replace(three, models=bare), "html"))
    assert "ROC" not in page.words
    failed = tuple(replace(m, status="failed", accuracy=None, scores={}, roc=None) for m in three.models)
    Page(shown(replace(three, models=failed, pairs=()), "html"))
    Page(shown(replace(three, models=()), "html"))


def test_a_page_has_curves_and_headroom_where_there_are_any(compared: Compared) -> None:
    tuned = compared("logistic,tree", headroom=True, repeats=1)
    page = Page(shown(tuned, "html"))
    assert tuned.headroom is not None
    assert tuned.headroom.sentence in page.text
    assert "Learning curves" not in {attrs.get("aria-label") for _, attrs in page.tags}
    grown = curve(steps(), models="logistic,tree", jobs=1, folds=5)
    page = Page(shown(grown, "html"))
    assert "Learning curves" in {attrs.get("aria-label") for _, attrs in page.tags}
    assert f"{grown.protocol.sizes[0]:,}" in page.words


def test_confusion_counts_the_rows_of_one_repeat_whatever_was_run(compared: Compared) -> None:
    for result in (compared("logistic", repeats=2), curve(steps(), models="logistic", jobs=1, folds=5)):
        model = result.models[0]
        counts = [sum(row) / judged_times(model, result) for row in model.confusion or ()]
        assert counts == [c.rows for c in model.per_class or ()] == list(result.dataset.class_counts)


@pytest.mark.parametrize("name", ["n" * 100_000, "n " * 50_000])
def test_names_without_end_are_cut(three: Comparison, name: str) -> None:
    page = shown(hostile(three, name), "html", command="compare fit t.csv")
    assert "n" * 250 in page or "n " * 250 in page
    assert max(map(len, Page(page).words)) <= 5_000


def test_names_are_whole_in_the_title_of_a_page(three: Comparison) -> None:
    name = "the outcome of the treatment after twelve months"
    named = replace(three, dataset=replace(three.dataset, target=name))
    assert f"classes of {name}" in Page(shown(named, "html")).text
    assert f"classes of {name}" in shown(named, "markdown")
    assert name not in shown(named, width=80)


def chromium(tmp_path: Path, address: str, *options: str) -> str:
    """Run a headless browser on a page and return what it prints."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("no Chromium here")
    usual = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    usual += ["--disable-background-networking", "--disable-sync", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run([browser, *usual, *options, address], check=True, capture_output=True, timeout=120)
    return done.stdout.decode()


@pytest.mark.extra
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it(three: Comparison, tmp_path: Path, scheme: str) -> None:
    """The ground is light or dark as the reader's system is, and there is something on it."""
    file, picture = tmp_path / "page.html", tmp_path / "page.png"
    file.write_text(shown(three, "html"), encoding="utf-8")
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    chromium(tmp_path, file.as_uri(), *dark, "--window-size=500,900", f"--screenshot={picture}")
    from matplotlib.image import imread

    assert struct.unpack(">I", picture.read_bytes()[16:20]) == (500,)
    pixels = imread(picture)[..., :3]
    ground = pixels[:5].mean()
    assert ground > 0.9 if scheme == "light" else ground < 0.2
    assert pixels.std() > 0.05


LOOK = """<body style="margin:0">
<iframe id="page" src="page.html" style="border:0;width:390px;height:900px"></iframe><script>
onload = () => { const page = document.getElementById("page").contentDocument;
  const wide = [...page.querySelectorAll(".wide")].filter(e => e.scrollWidth > e.clientWidth + 1);
  const told = wide.map(e => `${e.scrollWidth} ${e.innerText.slice(0, 60)}`).join("; ");
  document.title = `${page.documentElement.scrollWidth} ${told}` }</script>"""


@pytest.mark.extra
@pytest.mark.parametrize("kind", ["ten classes", "long names", "several tables"])
def test_nothing_is_wider_than_a_phone(
    kind: str, compared: Compared, two_sets: Bench, tmp_path: Path
) -> None:
    """Neither the page nor a table in it scrolls sideways at 390 pixels."""
    long = "a-model-with-a-rather-long-name=tree(max_depth=2)"
    made = {
        "ten classes": lambda: compared("logistic,tree", blobs(200, classes=10)),
        "long names": lambda: compared(f"{long},logistic", headroom=True, repeats=1),
        "several tables": lambda: two_sets,
    }
    (tmp_path / "page.html").write_text(
        shown(made[kind](), "html").replace("<details", "<details open"), encoding="utf-8"
    )
    (tmp_path / "look.html").write_text(LOOK, encoding="utf-8")
    files = ["--allow-file-access-from-files", "--dump-dom"]
    dom = chromium(tmp_path, (tmp_path / "look.html").as_uri(), "--window-size=500,900", *files)
    (told,) = re.findall("<title>(.*?)</title>", dom, re.DOTALL)
    assert told == "390 "
