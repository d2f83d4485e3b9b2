"""Reports say everything in every format, escape what users typed, and load nothing from outside."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from explorer.analysis.summarize import summarize
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.export.blocks import Figure, Report
from explorer.export.curves_svg import Line, curves_svg, nice_ticks, thin
from explorer.export.html import to_html
from explorer.export.markdown import to_markdown
from explorer.export.report import RunData, build_report
from explorer.export.tables import layers_csv, layers_latex
from explorer.runs.config import TrainConfig

MADE = datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001  (a report shows local time)
SPEC = NetworkSpec(
    InputShape(1, 32, 32),
    tuple(VGGBlock(n, c) for n, c in ((1, 8), (2, 16))),
    Head((64,), 0.1),
    10,
    name='<b>"net" & 网络_1',
)
RUN = RunData(
    name="first",
    status="Finished",
    config=TrainConfig(epochs=2, seed=7),
    color=1,
    train_epochs=[0.1, 0.5, 1.0, 1.5, 2.0],
    train_losses=[2.3, 1.5, 1.0, float("nan"), 0.7],
    train_accuracies=[0.1, 0.4, 0.6, 0.7, 0.75],
    evaluation_epochs=[1, 2],
    evaluation_losses=[1.1, 0.8],
    evaluation_accuracies=[0.61, 0.72],
    elapsed_s=75.0,
    environment=(("torch", "2.14.1"), ("device", "CPU, 2 cores")),
)
GOLDEN = Path(__file__).parent / "golden"


def report(spec: NetworkSpec = SPEC) -> Report:
    figure = Figure("<svg xmlns='http://www.w3.org/2000/svg'><title>diagram</title></svg>", "The network", 640, 300)
    return build_report(summarize(spec), made=MADE, diagram=figure, runs=[RUN])


def test_the_page_escapes_names_and_refers_to_nothing_outside() -> None:
    page = to_html(report())
    assert "&lt;b&gt;" in page
    assert "<b>&#34;net" not in page
    assert "网络" in page
    outside = re.findall(r'(?:src|href)="(?!#)|url\(|@import', page)
    assert outside == []
    addresses = set(re.findall(r"https?://[^\"' <)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_page_and_the_text_carry_the_totals_and_their_conventions() -> None:
    summary = summarize(SPEC)
    assert summary.totals is not None
    for text in (to_html(report()), to_markdown(report())):
        assert f"{summary.totals.params.total:,}" in text
        assert f"{summary.totals.macs:,}" in text
        assert "FLOPs = 2 × MACs" in text
        assert "72.0\u2009%" in text
        assert "1:15" in text
        assert "CPU, 2 cores" in text


def test_markdown_shows_a_name_as_it_was_typed() -> None:
    assert to_markdown(report()).startswith('# \\<b\\>"net" & 网络\\_1\n')


def test_a_failing_network_is_reported_up_to_its_failure() -> None:
    failing = replace(SPEC, input=InputShape(1, 2, 2))
    text = to_markdown(build_report(summarize(failing), made=MADE))
    assert "cannot be computed" in text
    assert "✕ pool2" in text
    assert "## PyTorch code" not in text


def test_the_csv_leaves_cells_empty_where_a_number_is_not_known() -> None:
    rows = layers_csv(summarize(replace(SPEC, input=InputShape(1, 2, 2)))).splitlines()
    header = rows[0].split(",")
    unreached = dict(zip(header, rows[-1].split(","), strict=True))
    assert unreached["name"] == "classes"
    assert unreached["parameters"] == ""
    reached = dict(zip(header, rows[2].split(","), strict=True))
    assert reached == reached | {"name": "conv1_1", "parameters": "80", "macs": "288", "field_height": "3"}


def test_latex_escapes_what_it_would_obey() -> None:
    text = layers_latex(summarize(SPEC))
    assert r"conv1\_1" in text
    assert "×" not in text
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") == 1
    lines = [line for line in text.splitlines() if line.endswith(r"\\") and "&" in line]
    assert {line.count("&") for line in lines} == {7}


def test_curves_are_well_formed_and_leave_out_what_is_not_a_number() -> None:
    svg = curves_svg("Loss <1>", "epoch", [Line("train & co", RUN.train_epochs, RUN.train_losses)])
    root = ElementTree.fromstring(svg)
    assert "nan" not in svg
    assert root.find("{http://www.w3.org/2000/svg}title") is not None


def test_a_plot_without_points_says_so() -> None:
    assert "No steps were recorded." in curves_svg("Loss", "epoch", [])


@pytest.mark.parametrize(("low", "high"), [(0.0, 5.0), (0.61, 0.72), (-3.0, 1e6), (2.0, 2.0), (1e-9, 2e-9)])
def test_ticks_are_round_and_cover_the_range(low: float, high: float) -> None:
    ticks = nice_ticks(low, high)
    assert ticks[0] <= low
    assert ticks[-1] >= high
    assert 2 <= len(ticks) <= 8


def test_thinning_keeps_a_single_spike() -> None:
    points = [(float(index), 0.0) for index in range(100_000)]
    points[54_321] = (54_321.0, 9.0)
    kept = thin(points, 600)
    assert (54_321.0, 9.0) in kept
    assert len(kept) <= 700


@pytest.mark.parametrize("write", [to_html, to_markdown])
def test_the_recipe_is_told_in_words_and_not_in_names_of_fields(write: Callable[[Report], str]) -> None:
    text = write(report())
    for words in ("Fashion-MNIST, small", "SGD, Nesterov 0.9", "One-cycle", "PyTorch default"):
        assert words in text
    for raw in ("one_cycle", ">True<", "| True", ">None<", "| None", "nesterov"):
        assert raw not in text
