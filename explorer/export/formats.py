"""Every export that is a text file, in one table for the window's menu and the command line.

The window reads this table before its first frame, so each writer is imported only when it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from explorer.errors import ExplorerError

if TYPE_CHECKING:
    from explorer.analysis.summary import NetworkSummary
    from explorer.export.blocks import Figure, Report
    from explorer.export.comparison import Compared
    from explorer.export.report import RunData

DIAGRAM_WIDTH, DIAGRAM_HEIGHT = 1056, 372


@dataclass(frozen=True, slots=True)
class Subject:
    """What is exported: the network's numbers, and the runs and comparisons that go into a report."""

    summary: NetworkSummary
    runs: Sequence[RunData]
    made: datetime
    compared: Sequence[Compared] = ()


@dataclass(frozen=True, slots=True)
class TextFormat:
    """One format: its title in menus, the endings of its files (the usual one first), and what writes it."""

    title: str
    suffixes: tuple[str, ...]
    write: Callable[[Subject], str]


def diagram_figure(summary: NetworkSummary) -> Figure:
    """The network's diagram in light colours, as wide as it needs to be."""
    from explorer.export.blocks import Figure
    from explorer.export.diagram import layout_diagram
    from explorer.export.diagram_svg import write_svg
    from explorer.palette import LIGHT_PALETTE

    scene = layout_diagram(summary, DIAGRAM_WIDTH, DIAGRAM_HEIGHT)
    svg = write_svg(scene, LIGHT_PALETTE)
    caption = "Height: size of the map. Width: channels. Below: output map and receptive field in input pixels."
    return Figure(svg, caption, round(scene.width), round(scene.height))


def report_of(subject: Subject) -> Report:
    """The report on `subject` in neutral blocks."""
    from explorer.export.report import build_report

    diagram = diagram_figure(subject.summary)
    made, runs, compared = subject.made, subject.runs, subject.compared
    return build_report(subject.summary, made=made, diagram=diagram, runs=runs, compared=compared)


def _html(subject: Subject) -> str:
    from explorer.export.html import to_html

    return to_html(report_of(subject))


def _markdown(subject: Subject) -> str:
    from explorer.export.markdown import to_markdown

    return to_markdown(report_of(subject))


def _csv(subject: Subject) -> str:
    from explorer.export.tables import layers_csv

    return layers_csv(subject.summary)


def _latex(subject: Subject) -> str:
    from explorer.export.tables import layers_latex

    return layers_latex(subject.summary)


def _pytorch(subject: Subject) -> str:
    from explorer.export.pytorch_code import pytorch_code

    return pytorch_code(subject.summary)


def _keras(subject: Subject) -> str:
    from explorer.export.keras_code import keras_code

    return keras_code(subject.summary)


TEXT_FORMATS: Mapping[str, TextFormat] = {
    "html": TextFormat("Report as web page", (".html", ".htm"), _html),
    "markdown": TextFormat("Report as Markdown", (".md",), _markdown),
    "csv": TextFormat("Layer table as CSV", (".csv",), _csv),
    "latex": TextFormat("Layer table as LaTeX", (".tex",), _latex),
    "svg": TextFormat("Diagram as SVG", (".svg",), lambda subject: diagram_figure(subject.summary).svg),
    "pytorch": TextFormat("PyTorch code", (".py",), _pytorch),
    "keras": TextFormat("Keras code", ("_keras.py",), _keras),
}
"""Format name -> how it is written. PDF and PNG need Qt and are the window's (`gui.exporting`)."""


def format_of(path: Path, others: Mapping[str, str]) -> str:
    """The format that `path`'s ending stands for; `others` maps further endings to formats. Raises ExplorerError."""
    endings = {suffix: name for name, form in TEXT_FORMATS.items() for suffix in form.suffixes} | dict(others)
    ending = max((ending for ending in endings if path.name.lower().endswith(ending)), key=len, default="")
    name = endings.get(ending)
    if name is None:
        listed = ", ".join(sorted(endings))
        raise ExplorerError(f"{path.name} does not say what to write: end it in one of {listed}, or name a format.")
    return name
