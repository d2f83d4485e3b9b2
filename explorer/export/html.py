"""A report as one self-contained HTML file: no link leads outside, all text is escaped."""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined

from explorer.export.blocks import Remark, Report
from explorer.export.markdown import SEVERITY_WORDS
from explorer.palette import LIGHT_PALETTE
from explorer.resources import resource_path


def to_html(report: Report) -> str:
    """The whole report as one page. Figures are put in as they are: they come from our own writers, which escape."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    source = resource_path("templates", "report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        report=report, c=LIGHT_PALETTE.hex, kind_of=lambda block: type(block).__name__, severity_word=_severity_word
    )


def _severity_word(block: Remark) -> str:
    return SEVERITY_WORDS[block.severity]
