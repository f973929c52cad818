"""Learning curves as files, drawn by matplotlib: a line and a band for each model."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from compare_cli.metrics import metric_named
from compare_cli.plot.figure import INK, MARKERS, Draw, own_settings, saved_figure
from compare_cli.report.escaping import printable, shortened
from compare_cli.report.pages import curve_models, points_of
from compare_cli.report.tables import score_title
from compare_cli.types import Comparison, CurvePoint

SIZE = (6.4, 4.2)  # inches
BAND = 0.15  # how much of the background a band of 95 % covers
NAME = 30


def curve_file(comparison: Comparison, kind: str) -> bytes:
    """Return the learning curves as PNG or SVG, named by ``kind``. Raises UsageError without matplotlib."""
    with own_settings():
        from matplotlib.figure import Figure
        from matplotlib.ticker import FuncFormatter, NullLocator

        metric = metric_named(comparison.protocol.metric)
        scale = 100 if metric.rate else 1
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.subplots()
        for at, model in enumerate(curve_models(comparison)):
            points = points_of(comparison, model)
            sizes = [p.train_rows for p in points]
            color, marker = f"C{at % 10}", MARKERS[at % len(MARKERS)]
            label = shortened(printable(model), NAME)
            scores = [scale * (p.score or 0.0) for p in points]
            axes.plot(sizes, scores, color=color, marker=marker, markersize=4, label=label)
            low, high = ([scale * (v or 0.0) for v in bound] for bound in zip(*_bands(points), strict=True))
            axes.fill_between(sizes, low, high, color=color, alpha=BAND, linewidth=0)
        ticks = sorted({p.train_rows for p in comparison.curve})
        axes.set_xscale("log")
        axes.set_xticks(ticks[:: max(1, len(ticks) // 8)])
        axes.xaxis.set_major_formatter(FuncFormatter(lambda rows, _: f"{rows:,.0f}"))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("training rows")
        axes.set_ylabel(score_title(metric))
        title = f"Learning curves on {shortened(printable(comparison.dataset.name), NAME)}"
        texts = [axes.set_title(title, color=INK, loc="left")]
        texts += axes.legend(frameon=False, loc="best").get_texts()
        for text in texts:
            text.set_parse_math(False)  # a $ in a name is a $
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return saved_figure(figure, kind, title)


def _bands(points: Sequence[CurvePoint]) -> list[tuple[float | None, float | None]]:
    return [(p.score if p.low is None else p.low, p.score if p.high is None else p.high) for p in points]


CURVES: dict[str, Draw] = {".png": partial(curve_file, kind="png"), ".svg": partial(curve_file, kind="svg")}
