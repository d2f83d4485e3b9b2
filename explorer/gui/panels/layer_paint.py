"""Where the layer table's columns stand and how its rows are painted: one painter call per row, no cell widgets."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QStaticText

from explorer.arch.graph import INPUT_PART
from explorer.gui.fonts import ui_font
from explorer.gui.models.layer_model import FIELD, JUMP, LAYER, MACS, MEMORY, OUTPUT, PARAMETERS
from explorer.gui.models.layer_rows import HEADINGS, LayerLine, LayerTotals, macs_text, memory_text, share_text
from explorer.gui.models.layer_words import shortened
from explorer.gui.theme import Theme
from explorer.units import NONE, exact

LEFT, RIGHT, GAP = 20, 24, 8
NAME_INDENT, SWATCH_X, GROUP_INDENT, UNIT_INDENT = 60, 43, 38, 18
COMPACT_BELOW = 856
BAR_HEIGHT = 7
_TIGHT = {LAYER: 210, OUTPUT: 105, PARAMETERS: 84, MACS: 66, FIELD: 48, JUMP: 52, MEMORY: 72}
_WIDE = {LAYER: 249, OUTPUT: 140, PARAMETERS: 92, MACS: 98, FIELD: 71, JUMP: 74, MEMORY: 103}
_TIGHT_BAR, _WIDE_BAR = 44, 85
MAX_SHAPED = 4000
_ROOM_FOR_BRANCHES = 290


class Columns(NamedTuple):
    """Left edge and width of each column that is shown, and of the bars behind parameters and MACs."""

    width: int
    spans: dict[int, tuple[int, int]]
    bars: dict[int, tuple[int, int]]

    def at(self, x: int) -> int:
        """The column under `x`; a bar belongs to the column before it."""
        starts = [column for column, (left, _) in self.spans.items() if left <= x + GAP]
        return max(starts, default=LAYER)


def columns_for(width: int) -> Columns:
    """The columns of a table `width` wide: below 856 the MACs bars and Jump leave, below 690 all bars."""
    compact = width < COMPACT_BELOW
    columns = [column for column in range(len(HEADINGS)) if not (compact and column == JUMP)]
    barred = [PARAMETERS] if compact else [PARAMETERS, MACS]
    if width < 690:
        barred = []
    tight = LEFT + RIGHT + sum(_TIGHT[column] for column in columns) + len(barred) * (_TIGHT_BAR + GAP)
    wide = LEFT + RIGHT + sum(_WIDE[column] for column in columns) + len(barred) * (_WIDE_BAR + GAP)
    part = min(1.0, max(0.0, (width - tight) / (wide - tight)))
    bar = round(_TIGHT_BAR + part * (_WIDE_BAR - _TIGHT_BAR))
    sizes = {column: round(_TIGHT[column] + part * (_WIDE[column] - _TIGHT[column])) for column in columns}
    spare = width - LEFT - RIGHT - sum(sizes.values()) - len(barred) * (bar + GAP)
    sizes[OUTPUT] += max(0, spare) // 3
    sizes[LAYER] += spare - max(0, spare) // 3
    spans, bars, x = {}, {}, LEFT
    for column in columns:
        spans[column] = (x, sizes[column])
        x += sizes[column]
        if column in barred:
            bars[column] = (x + GAP, bar)
            x += bar + GAP
    return Columns(width, spans, bars)


RowLook = tuple[Hashable, ...]
"""Everything that decides how a row is painted in one view; rows with the same look are the same picture."""


class RowState(NamedTuple):
    """How one row is shown: what the selection, the pointer and the keyboard make of it."""

    selected: bool = False
    hovered: bool = False
    current: bool = False
    expanded: bool = True
    first: bool = False


class ShownRow(NamedTuple):
    """A line of the table that is in view, and how it is shown."""

    line: LayerLine
    state: RowState

    def look(self) -> RowLook:
        """What tells this row from another picture: bars as they are, shares as the texts that are shown of them."""
        line = self.line
        sums = line.is_group or line.is_unit
        return (
            self.state,
            line.name,
            line.detail,
            line.kind,
            line.is_group,
            line.is_unit,
            line.unit > 0,
            line.part == INPUT_PART,
            line.reached,
            line.failure,
            line.shape_text,
            line.params,
            line.macs,
            line.saved_bytes,
            line.field_text,
            line.jump_text,
            line.sees_all,
            share_text(line.params_share) if sums else line.params_bar,
            share_text(line.macs_share) if sums else line.macs_bar,
        )


class _Shaped(NamedTuple):
    """A text ready to be painted, and its size."""

    text: QStaticText
    width: float
    height: float


class LayerPainter:
    """Paints rows, headings and totals in one theme; fonts and colours are looked up once."""

    def __init__(self, theme: Theme) -> None:
        self._dark = theme.is_dark
        self._pens = {name: QColor(value) for name, value in {**theme.tokens, **theme.kinds}.items()}
        self._plain = ui_font(12, 400)
        self._bold = ui_font(12, 600)
        self._small = ui_font(11, 500)
        self._fold_pen = QPen(self._pens["muted"], 1.4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        self._shaped: dict[tuple[str, int], _Shaped] = {}
        self._faces: dict[int, QFontMetricsF] = {
            id(font): QFontMetricsF(font) for font in (self._plain, self._bold, self._small)
        }

    def clear(self, painter: QPainter, rect: QRect) -> None:
        """The ground of the table in `rect`."""
        painter.fillRect(rect, self._pens["panel"])

    def paint_row(self, painter: QPainter, rect: QRect, line: LayerLine, columns: Columns, state: RowState) -> None:
        """One line of the table in `rect`."""
        self._paint_ground(painter, rect, line, state)
        if line.is_group:
            self._paint_group_name(painter, rect, line, columns, state)
        elif line.is_unit:
            self._paint_unit_name(painter, rect, line, columns, state)
        else:
            self._paint_layer_name(painter, rect, line, columns)
        font = self._bold if line.is_group else self._plain
        ink = "text" if line.reached else ("err" if line.failure else "muted")
        self._text(painter, self._cell(rect, columns, OUTPUT), line.shape_text, font, ink)
        if line.failure:
            self._paint_failure(painter, rect, line, columns)
            return
        self._paint_figure(painter, rect, line, columns, PARAMETERS, exact(line.params), selected=state.selected)
        self._paint_figure(painter, rect, line, columns, MACS, macs_text(line.macs), selected=state.selected)
        wide = line.sees_all and line.reached
        self._right(
            painter,
            self._cell(rect, columns, FIELD),
            line.field_text,
            self._bold if wide else self._plain,
            "warn" if wide else "text",
        )
        if JUMP in columns.spans:
            self._right(painter, self._cell(rect, columns, JUMP), line.jump_text, self._plain, "muted")
        self._right(painter, self._cell(rect, columns, MEMORY), memory_text(line.saved_bytes), self._plain, "text")
        if state.current:
            painter.setPen(QPen(self._pens["accent"], 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(5, 1, -5, -1), 4, 4)

    def paint_head(self, painter: QPainter, rect: QRect, columns: Columns) -> None:
        """The captions above the columns."""
        for column in columns.spans:
            cell = self._cell(rect, columns, column)
            draw = self._text if column in {LAYER, OUTPUT} else self._right
            draw(painter, cell, HEADINGS[column], self._small, "muted")

    def paint_totals(self, painter: QPainter, rect: QRect, totals: LayerTotals, columns: Columns) -> None:
        """The row at the bottom."""
        self._text(painter, self._cell(rect, columns, LAYER), totals.count, self._bold, "text")
        if totals.note:
            wide = self._cell(rect, columns, OUTPUT)
            wide.setRight(rect.right() - RIGHT)
            self._text(painter, wide, totals.note, self._plain, "muted")
            return
        self._right(painter, self._cell(rect, columns, PARAMETERS), exact(totals.params), self._bold, "text")
        self._right(painter, self._cell(rect, columns, MACS), macs_text(totals.macs), self._bold, "text")
        self._right(painter, self._cell(rect, columns, MEMORY), memory_text(totals.saved_bytes), self._bold, "text")
        if totals.macs is not None and MACS in columns.bars:
            left, width = columns.bars[MACS]
            flops = f"= {macs_text(2 * totals.macs)} FLOPs"
            self._text(
                painter,
                QRect(left, rect.top(), max(width, columns.spans[MEMORY][0] - left), rect.height()),
                flops,
                self._small,
                "muted",
            )

    def _paint_ground(self, painter: QPainter, rect: QRect, line: LayerLine, state: RowState) -> None:
        ground = "errSoft" if line.failure else "soft" if state.selected else "hover" if state.hovered else ""
        if ground:
            painter.fillRect(rect, self._pens[ground])
        if line.is_group and not state.first:
            painter.fillRect(QRect(rect.left(), rect.top(), rect.width(), 1), self._pens["line"])
        if state.selected:
            painter.fillRect(QRect(rect.left(), rect.top(), 3, rect.height()), self._pens["accent"])

    def _paint_group_name(
        self, painter: QPainter, rect: QRect, line: LayerLine, columns: Columns, state: RowState
    ) -> None:
        middle = rect.top() + rect.height() / 2
        if line.part != INPUT_PART:
            painter.setPen(self._fold_pen)
            paint_chevron(painter, QPointF(25.5, middle), expanded=state.expanded)
        self._paint_words(painter, rect, line, columns, GROUP_INDENT, self._bold)

    def _paint_unit_name(
        self, painter: QPainter, rect: QRect, line: LayerLine, columns: Columns, state: RowState
    ) -> None:
        """A residual unit: the fold mark stands where its layers have their swatch."""
        painter.setPen(self._fold_pen)
        middle = QPointF(SWATCH_X + 4.5, rect.top() + rect.height() / 2)
        paint_chevron(painter, middle, expanded=state.expanded)
        self._paint_words(painter, rect, line, columns, NAME_INDENT, self._plain)

    def _paint_layer_name(self, painter: QPainter, rect: QRect, line: LayerLine, columns: Columns) -> None:
        inner = UNIT_INDENT if line.unit else 0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._pens["err" if line.failure else line.kind if line.reached else "line2"])
        painter.drawRoundedRect(QRectF(SWATCH_X + inner, rect.top() + (rect.height() - 9) / 2, 9, 9), 2, 2)
        self._paint_words(painter, rect, line, columns, NAME_INDENT + inner, self._plain)

    def _paint_words(
        self, painter: QPainter, rect: QRect, line: LayerLine, columns: Columns, indent: int, font: QFont
    ) -> None:
        """The line's name, and its detail in muted behind it."""
        end = columns.spans[OUTPUT][0] - GAP
        name = QRect(indent, rect.top(), max(0, end - indent), rect.height())
        ink = "err" if line.failure else "text" if line.reached else "muted"
        self._text(painter, name, line.name, font, ink)
        left = indent + round(self._shape(line.name, font).width) + GAP
        detail = QRect(left, rect.top(), max(0, end - left), rect.height())
        # The layers of a branch have long names: one of them would not fit, and all of them are written alike.
        tight = " · " in line.name and columns.spans[LAYER][1] < _ROOM_FOR_BRANCHES
        tight = tight or self._shape(line.detail, self._small).width > detail.width() + 0.5
        self._text(painter, detail, shortened(line.detail) if tight else line.detail, self._small, "muted")

    def _paint_failure(self, painter: QPainter, rect: QRect, line: LayerLine, columns: Columns) -> None:
        after = self._shape(line.shape_text, self._plain).width + 24
        left = round(columns.spans[OUTPUT][0] + max(64.0, after))
        cell = QRect(left, rect.top(), max(0, rect.right() - RIGHT - left), rect.height())
        self._text(painter, cell, line.failure, self._bold, "err")

    def _paint_figure(
        self,
        painter: QPainter,
        rect: QRect,
        line: LayerLine,
        columns: Columns,
        column: int,
        text: str,
        *,
        selected: bool,
    ) -> None:
        font = self._bold if line.is_group else self._plain
        self._right(painter, self._cell(rect, columns, column), text, font, "text")
        part = line.params_share if column == PARAMETERS else line.macs_share
        if column not in columns.bars or part is None:
            return
        left, width = columns.bars[column]
        if line.is_group or line.is_unit:
            if line.part != INPUT_PART:
                cell = QRect(left, rect.top(), width, rect.height())
                self._text(painter, cell, share_text(part), self._small, "muted")
            return
        bar = line.params_bar if column == PARAMETERS else line.macs_bar
        if bar <= 0:
            return
        top = rect.top() + (rect.height() - BAR_HEIGHT) / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._pens["field" if self._dark or selected else "hover"])
        painter.drawRoundedRect(QRectF(left, top, width, BAR_HEIGHT), 2, 2)
        painter.setBrush(self._pens[line.kind])
        painter.drawRoundedRect(QRectF(left, top, max(2.0, width * bar), BAR_HEIGHT), 2, 2)

    @staticmethod
    def _cell(rect: QRect, columns: Columns, column: int) -> QRect:
        left, width = columns.spans[column]
        return QRect(left, rect.top(), width, rect.height())

    def _text(self, painter: QPainter, rect: QRect, text: str, font: QFont, ink: str) -> None:
        if not text or rect.width() <= 0:
            return
        shaped = self._shape(text, font)
        if shaped.width > rect.width() + 0.5:
            faces = self._faces[id(font)]
            shaped = self._shape(faces.elidedText(text, Qt.TextElideMode.ElideRight, rect.width()), font)
        self._put(painter, rect, rect.left(), shaped, font, ink)

    def _right(self, painter: QPainter, rect: QRect, text: str, font: QFont, ink: str) -> None:
        shaped = self._shape(text, font)
        left = rect.left() + rect.width() - shaped.width
        self._put(painter, rect, left, shaped, font, "faint" if text in {"0", NONE} else ink)

    def _put(self, painter: QPainter, rect: QRect, left: float, shaped: _Shaped, font: QFont, ink: str) -> None:
        painter.setFont(font)
        painter.setPen(self._pens[ink])
        painter.drawStaticText(QPointF(left, rect.top() + round((rect.height() - shaped.height) / 2)), shaped.text)

    def _shape(self, text: str, font: QFont) -> _Shaped:
        """`text` with its glyphs already chosen: an edit leaves most cells as they were."""
        key = (text, id(font))
        shaped = self._shaped.get(key)
        if shaped is None:
            if len(self._shaped) >= MAX_SHAPED:
                self._shaped.clear()
            static = QStaticText(text)
            static.setTextFormat(Qt.TextFormat.PlainText)
            static.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
            static.prepare(font=font)
            width = self._faces[id(font)].horizontalAdvance(text)
            shaped = self._shaped[key] = _Shaped(static, width, static.size().height())
        return shaped


def paint_chevron(painter: QPainter, centre: QPointF, *, expanded: bool) -> None:
    """The fold mark: pointing down where open, right where folded; drawn with the painter's pen."""
    x, y, long, short = centre.x(), centre.y(), 3.5, 1.9
    if expanded:
        painter.drawPolyline([QPointF(x - long, y - short), QPointF(x, y + short), QPointF(x + long, y - short)])
    else:
        painter.drawPolyline([QPointF(x - short, y - long), QPointF(x + short, y), QPointF(x - short, y + long)])
