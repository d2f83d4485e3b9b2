"""A report as PDF: the same neutral blocks, laid out by QTextDocument on A4 pages with a footer."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QMarginsF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter, QTextDocument
from PySide6.QtSvg import QSvgRenderer

from explorer.errors import FileError
from explorer.export.blocks import Block, Code, Facts, Figure, Heading, Paragraph, Remark, Report, Table
from explorer.export.markdown import SEVERITY_WORDS
from explorer.gui.fonts import mono_font, ui_font
from explorer.palette import LIGHT_PALETTE

DPI = 150
PAGE_WIDTH = 700  # the width in logical pixels that the report is laid out for; the page is scaled to it
FIGURE_SCALE = 3
_GAP = '<p style="font-size:5px; margin:0">&nbsp;</p>'  # beside a table Qt leaves out the margins of paragraphs
_COLOR = LIGHT_PALETTE.hex


class ReportDocument(QTextDocument):
    """A text document that loads nothing but the report's own pictures: no file, no address."""

    def __init__(self) -> None:
        super().__init__()
        self._pictures: dict[str, QImage] = {}

    def add_picture(self, name: str, picture: QImage) -> None:
        """Let `name` stand for `picture`."""
        self._pictures[name] = picture

    def loadResource(self, _kind: int, name: QUrl | str) -> Any:
        """The report's picture of that name; an empty one for anything else."""
        url = name.toString() if isinstance(name, QUrl) else name
        return self._pictures.get(url, QImage())


def write_pdf(report: Report, path: Path) -> None:
    """Write `report` to `path` as PDF, through a neighbouring file so that a failure leaves nothing half done."""
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise FileError(f"{path.name} cannot be written in {path.parent}. Choose another folder.")
    document = report_document(report)
    partial = path.with_name(f".{path.name}.partial")
    writer = QPdfWriter(str(partial))
    writer.setResolution(DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(16, 16, 16, 16), QPageLayout.Unit.Millimeter)
    writer.setTitle(report.title)
    writer.setCreator("Conv-Arch Explorer")
    painter = QPainter()
    if not painter.begin(writer):
        raise FileError(f"{path.name} cannot be written in {path.parent}. Choose another folder.")
    _paint_pages(document, report, painter, QSizeF(writer.width(), writer.height()), writer.newPage)
    painter.end()
    try:
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FileError(f"{path.name} cannot be written in {path.parent}: {error.strerror}.") from error


def report_document(report: Report) -> ReportDocument:
    """`report` as rich text whose pictures are inside."""
    document = ReportDocument()
    document.setDefaultFont(ui_font(12))
    parts = [f'<p style="font-size:24px; font-weight:600; margin:0">{html.escape(report.title)}</p>']
    parts.append(f'<p style="color:{_COLOR("muted")}; margin-top:2px">{html.escape(report.subtitle)}</p>{_GAP}')
    for index, block in enumerate(report.blocks):
        if isinstance(block, Figure):
            name = f"figure:{index}"
            document.add_picture(name, render_svg(block.svg, block.width, block.height))
            width = min(block.width, PAGE_WIDTH)
            note = f'<br><span style="color:{_COLOR("muted")}">{html.escape(block.caption)}</span>'
            parts.append(
                f'<p><img src="{name}" width="{width}" height="{width * block.height // block.width}">{note}</p>'
            )
        else:
            parts.append(_WRITERS[type(block)](block))
    document.setHtml("\n".join(parts))
    return document


def render_svg(svg: str, width: int, height: int, *, scale: float = FIGURE_SCALE) -> QImage:
    """`svg` painted at `scale` device pixels per unit."""
    picture = QImage(round(width * scale), round(height * scale), QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.white)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    # Qt takes a list of families for the name of one; the first is ours and is loaded.
    own_font = re.sub(r'font-family="([^",]+),[^"]*"', r'font-family="\1"', svg)
    QSvgRenderer(QByteArray(own_font.encode())).render(painter)
    painter.end()
    return picture


def _paint_pages(
    document: QTextDocument, report: Report, painter: QPainter, page: QSizeF, new_page: Callable[[], bool]
) -> None:
    scale = page.width() / PAGE_WIDTH
    footer = 24.0
    body = QSizeF(PAGE_WIDTH, page.height() / scale - footer)
    document.setDocumentMargin(0)
    document.setPageSize(body)
    count = document.pageCount()
    for index in range(count):
        if index:
            new_page()
        painter.save()
        painter.scale(scale, scale)
        painter.save()
        painter.translate(0, -index * body.height())
        document.drawContents(painter, QRectF(0, index * body.height(), body.width(), body.height()))
        painter.restore()
        painter.setFont(ui_font(10))
        painter.setPen(LIGHT_PALETTE.hex("muted"))
        line = QRectF(0, body.height() + 6, body.width(), footer - 6)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, report.title)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{index + 1} / {count}")
        painter.restore()


def _table(block: Table) -> str:
    """Thin rules only; the widths follow the contents."""
    head = "".join(_cell(column.title, column.align, "th") for column in block.columns)
    rows = []
    for row in block.rows:
        style = "font-weight:600;" if row.strong else ""
        style += f"color:{_COLOR('err')}; background-color:{_COLOR('errSoft')};" if row.fault else ""
        cells = "".join(
            _cell(cell, column.align, "td", style) for cell, column in zip(row.cells, block.columns, strict=True)
        )
        rows.append(f"<tr>{cells}</tr>")
    note = f'<p style="color:{_COLOR("muted")}; font-size:10px">{html.escape(block.note)}</p>'
    table = f'<table width="100%" cellspacing="0" cellpadding="2"><thead><tr>{head}</tr></thead>{"".join(rows)}</table>'
    return table + note


def _cell(text: str, align: str, tag: str, style: str = "") -> str:
    color = f"color:{_COLOR('muted')}; font-weight:500;" if tag == "th" else ""
    border = f"border-bottom:1px solid {_COLOR('line')};"
    return f'<{tag} align="{align}" style="font-size:10px; {border}{color}{style}">{html.escape(text)}</{tag}>'


def _facts(block: Facts) -> str:
    muted = f"color:{_COLOR('muted')}; font-size:11px"
    gap = "padding-left:14px"
    weight = 600 if block.align == "right" else 400
    rows = [
        f"<tr><td>{html.escape(fact.label)}</td>"
        f'<td align="{block.align}" style="{gap}; font-weight:{weight}">{html.escape(fact.value)}</td>'
        f'<td style="{gap}; {muted}">{html.escape(fact.note)}</td></tr>'
        for fact in block.facts
    ]
    return f'<table cellspacing="0" cellpadding="2">{"".join(rows)}</table>{_GAP}'


def _code(block: Code) -> str:
    families = ",".join(f"'{family}'" for family in mono_font().families())
    style = f"font-family:{families}; font-size:10px; background-color:{_COLOR('window')}"
    return f'<pre style="{style}">{html.escape(block.text)}</pre>'


def _heading(block: Heading) -> str:
    size, above = {2: (16, 18), 3: (13, 12)}.get(block.level, (13, 10))
    style = f"font-size:{size}px; font-weight:600; margin-top:{above}px; margin-bottom:4px"
    return f'<p style="{style}">{html.escape(block.text)}</p>'


def _remark(block: Remark) -> str:
    color = _COLOR({"error": "err", "warning": "warn", "hint": "info"}[block.severity])
    title = f"{SEVERITY_WORDS[block.severity]} · {block.title}"
    return f'<p><b style="color:{color}">{html.escape(title)}</b><br>{html.escape(block.text)}</p>'


_WRITERS: Mapping[type[Block], Callable[[Any], str]] = {
    Heading: _heading,
    Paragraph: lambda block: f"<p>{html.escape(block.text)}</p>",
    Facts: _facts,
    Table: _table,
    Code: _code,
    Remark: _remark,
}
