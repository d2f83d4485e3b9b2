"""PictureView: one test picture, large, with the class-score map over it in one hue; and the bars of its classes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from explorer import units
from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.panels.inspect.pictures import themed_image
from explorer.gui.panels.inspect.texts import class_name
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import follow, rounded
from explorer.runs.pictures import Picture
from explorer.runs.testing import ScoreMap

_MOST_ALPHA = 205
_CELL_TEXT_FROM = 46.0
NUM_BARS = 5
_BAR_HEIGHT = 26


class PictureView(QWidget):
    """The picture with, for one class, the probability at every place of the dense network. Arrow keys walk the map."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._picture: Picture | None = None
        self._image: QImage | None = None
        self._map: ScoreMap | None = None
        self._class = 0
        self._color_index = 0
        self._cell: tuple[int, int] | None = None
        self._shows_map = True
        self._hint = ""
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(180, 180)
        self.setAccessibleName("Test picture")
        follow(self, theme)

    def set_hint(self, hint: str) -> None:
        """Say `hint` while there is no picture."""
        self._hint = hint
        self.update()

    def set_picture(self, picture: Picture | None, color_index: int = 0) -> None:
        """Show a picture without a map."""
        self._picture, self._color_index = picture, color_index
        self._map = self._cell = None
        self._redraw()

    def set_map(self, found: ScoreMap, shown_class: int) -> None:
        """Show what the dense network said, for one class."""
        self._picture, self._map, self._class = found.picture, found, shown_class
        self._cell = None
        self._redraw()

    def set_class(self, shown_class: int) -> None:
        """Show the map of another class."""
        self._class = shown_class
        self._speak()
        self.update()

    def set_map_shown(self, shown: bool) -> None:
        """Show the map over the picture, or the picture alone."""
        self._shows_map = shown
        self.update()

    @property
    def hue(self) -> QColor:
        """The one hue of the map: the run's."""
        return self._theme.current.run_color(self._color_index)

    def retheme(self, theme: Theme) -> None:
        """Draw the picture anew in the colours of `theme`."""
        del theme
        self._redraw()

    def sizeHint(self) -> QSize:
        """A square of middle size."""
        return QSize(300, 300)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what the place under the pointer sees."""
        self._point_at(self._cell_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Take the outline away."""
        super().leaveEvent(event)
        self._point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys walk from place to place, Esc leaves the map."""
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        if self._map is not None and event.key() in moves:
            row, column = self._cell or (0, 0)
            by_row, by_column = moves[Qt.Key(event.key())] if self._cell is not None else (0, 0)
            row = min(max(row + by_row, 0), self._map.rows - 1)
            self._point_at((row, min(max(column + by_column, 0), self._map.columns - 1)))
        elif event.key() == Qt.Key.Key_Escape and self._cell is not None:
            self._point_at(None)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the picture, the map over it and the outline of the place that is pointed at."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        place = self._place()
        if self._image is None:
            self._paint_hint(painter)
            return
        painter.fillRect(place, theme.color("canvas"))
        enlarged = place.width() / self._image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=enlarged < 3)
        painter.drawImage(place, self._image)
        if self._map is not None and self._shows_map:
            self._paint_map(painter, place, self._map)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(place.adjusted(0, 0, -1, -1))
        if self._map is not None and self._cell is not None:
            self._paint_window(painter, place, self._map, *self._cell)
        if self._map is not None and self._shows_map:
            self._paint_figures(painter, place, self._map)

    def _paint_hint(self, painter: QPainter) -> None:
        theme = self._theme.current
        rounded(painter, QRectF(self.rect()), 8, fill=theme.color("canvas"), border=theme.color("line"))
        painter.setFont(ui_font(13, 400))
        painter.setPen(theme.color("muted"))
        place = QRectF(self.rect()).adjusted(18, 10, -18, -10)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), self._hint)

    def _paint_map(self, painter: QPainter, place: QRectF, found: ScoreMap) -> None:
        scores = found.scores[self._class]
        for row in range(found.rows):
            for column in range(found.columns):
                painter.fillRect(self._cell_place(place, found, row, column), alpha_of(self.hue, scores[row][column]))
        self._paint_grid(painter, place, found)

    def _paint_grid(self, painter: QPainter, place: QRectF, found: ScoreMap) -> None:
        cell = self._cell_place(place, found, 0, 0)
        painter.setPen(QPen(_thin(self._theme.current.color("panel")), 1))
        for row in range(1, found.rows):
            y = place.top() + row * cell.height()
            painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))
        for column in range(1, found.columns):
            x = place.left() + column * cell.width()
            painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))

    def _paint_figures(self, painter: QPainter, place: QRectF, found: ScoreMap) -> None:
        scores, cell = found.scores[self._class], self._cell_place(place, found, 0, 0)
        if min(cell.width(), cell.height()) >= _CELL_TEXT_FROM:
            for row in range(found.rows):
                for column in range(found.columns):
                    self._paint_figure(painter, self._cell_place(place, found, row, column), scores[row][column])

    def _paint_figure(self, painter: QPainter, cell: QRectF, score: float) -> None:
        """The figure of a place, on a ground of its own so that it can be read over any picture."""
        theme = self._theme.current
        text = units.share(score)
        painter.setFont(ui_font(11, 600))
        width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 8
        plate = QRectF(cell.right() - width - 3, cell.bottom() - 19, width, 16)
        ground = theme.color("panel")
        ground.setAlpha(215)
        rounded(painter, plate, 4, fill=ground)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(theme.color("text"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_window(self, painter: QPainter, place: QRectF, found: ScoreMap, row: int, column: int) -> None:
        """A dashed outline of the pixels that one place of the map sees."""
        per_px = place.width() / found.picture.width
        height, width = found.window
        window = QRectF(
            column * found.stride[1] * per_px, row * found.stride[0] * per_px, width * per_px, height * per_px
        )
        window = window.translated(place.topLeft()) & place
        theme = self._theme.current
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("panel"), 3))
        painter.drawRect(window.adjusted(1, 1, -2, -2))
        painter.setPen(QPen(theme.color("accent"), 2, Qt.PenStyle.DashLine))
        painter.drawRect(window.adjusted(1, 1, -2, -2))

    def _place(self) -> QRectF:
        """Where the picture lies: as large as fits, in whole device pixels."""
        image = self._image
        ratio = 1.0 if image is None or not image.height() else image.width() / image.height()
        height = min(float(self.height()), self.width() / ratio)
        place = QRectF(0, 0, round(height * ratio), round(height))
        place.moveTopLeft(QPointF(round((self.width() - place.width()) / 2), 0))
        return place

    def _cell_place(self, place: QRectF, found: ScoreMap, row: int, column: int) -> QRectF:
        width, height = place.width() / found.columns, place.height() / found.rows
        return QRectF(place.left() + column * width, place.top() + row * height, width, height)

    def _cell_at(self, at: QPointF) -> tuple[int, int] | None:
        found, place = self._map, self._place()
        if found is None or not place.contains(at):
            return None
        row = int((at.y() - place.top()) / place.height() * found.rows)
        column = int((at.x() - place.left()) / place.width() * found.columns)
        return min(row, found.rows - 1), min(column, found.columns - 1)

    def _point_at(self, cell: tuple[int, int] | None) -> None:
        if cell != self._cell:
            self._cell = cell
            self._speak()
            self.update()

    def _speak(self) -> None:
        found = self._map
        if found is None or self._cell is None:
            self.setToolTip("")
            self.setAccessibleDescription("")
            return
        row, column = self._cell
        said = f"Row {row + 1}, column {column + 1}: {units.percent(found.scores[self._class][row][column])}"
        self.setToolTip(said)
        self.setAccessibleDescription(said)

    def _redraw(self) -> None:
        self._image = themed_image(self._picture, self._theme.current) if self._picture is not None else None
        self._speak()
        self.update()


class HeatKey(QWidget):
    """The legend of the map: 0 to 100 % in the run's hue."""

    def __init__(self, view: PictureView, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._view = view
        self.setFixedHeight(30)
        self.setAccessibleName("Probability of the class at each place, 0 to 100 %")
        follow(self, theme)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ramp and its figures."""
        del event
        painter = QPainter(self)
        theme, hue = self._theme.current, self._view.hue
        ramp = QRectF(0, 0, self.width(), 10)
        rounded(painter, ramp, 3, fill=theme.color("canvas"), border=theme.color("line"))
        shades = QLinearGradient(ramp.topLeft(), ramp.topRight())
        for stop in (0.0, 0.25, 0.5, 0.75, 1.0):
            shades.setColorAt(stop, alpha_of(hue, stop))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shades)
        painter.drawRoundedRect(ramp, 3, 3)
        painter.setFont(ui_font(11, 500))
        painter.setPen(theme.color("muted"))
        line = QRectF(0, 13, self.width(), 16)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, "0")
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, f"50{units.THIN}%")
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, f"100{units.THIN}%")


class ClassBars(QWidget):
    """The five most probable classes; a click shows the map of one."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._bars = [_Bar(self, theme=theme) for _ in range(NUM_BARS)]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        for bar in self._bars:
            bar.clicked.connect(lambda _checked=False, bar=bar: self.chosen.emit(bar.number))
            column.addWidget(bar)
        self.setFixedHeight(NUM_BARS * (_BAR_HEIGHT + 1))

    def set_scores(self, scores: Sequence[float], classes: Sequence[str], *, label: int, color_index: int) -> None:
        """Show the highest of `scores`; `label` is the true class."""
        order = sorted(range(len(scores)), key=lambda number: -scores[number])[:NUM_BARS]
        for place, bar in enumerate(self._bars):
            bar.setVisible(place < len(order))
            if place < len(order):
                number = order[place]
                name = class_name(classes, number)
                bar.set_score(number, name, scores[number], is_true=number == label, color_index=color_index)

    def set_chosen(self, number: int) -> None:
        """Mark the class whose map is shown."""
        for bar in self._bars:
            bar.setChecked(bar.number == number)

    def clear(self) -> None:
        """Show none."""
        for bar in self._bars:
            bar.hide()


class _Bar(QAbstractButton):
    """Name, bar and figure of one class; the true class wears a check."""

    def __init__(self, parent: QWidget, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self.number = -1
        self._score = 0.0
        self._is_true = False
        self._color_index = 0
        self.setCheckable(True)
        self.setFixedHeight(_BAR_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        follow(self, theme)

    def set_score(self, number: int, name: str, score: float, *, is_true: bool, color_index: int) -> None:
        """Show the score of a class."""
        self.number, self._score, self._is_true, self._color_index = number, score, is_true, color_index
        self.setText(name)
        truth = ", the true class" if is_true else ""
        self.setAccessibleName(f"{name}: {units.percent(score)}{truth}")
        self.setToolTip(f"Show where the network sees {name}")
        self.update()

    def sizeHint(self) -> QSize:
        """The fixed height."""
        return QSize(200, _BAR_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the row."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        if self.isChecked():
            rounded(painter, QRectF(self.rect()), 5, fill=theme.color("soft"))
        elif self.underMouse():
            rounded(painter, QRectF(self.rect()), 5, fill=theme.color("hover"))
        name_width = min(104.0, self.width() * 0.38)
        name = QRectF(8, 0, name_width, self.height())
        painter.setFont(ui_font(12, 600 if self._is_true else 400))
        painter.setPen(theme.color("text"))
        words = QFontMetricsF(painter.font()).elidedText(
            self.text(), Qt.TextElideMode.ElideRight, name_width - (18 if self._is_true else 2)
        )
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, words)
        if self._is_true:
            left = name.left() + QFontMetricsF(painter.font()).horizontalAdvance(words) + 4
            draw(painter, "check", theme.color("ok"), QRectF(left, (self.height() - 13) / 2, 13, 13))
        figure = QRectF(self.width() - 58, 0, 52, self.height())
        painter.setFont(ui_font(12, 600))
        painter.setPen(theme.color("text"))
        painter.drawText(
            figure, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, units.percent(self._score)
        )
        track = QRectF(name.right() + 8, self.height() / 2 - 4, figure.left() - name.right() - 12, 8)
        rounded(painter, track, 3, fill=theme.color("line"))
        if self._score > 0.002:
            share = QRectF(track.left(), track.top(), max(3.0, track.width() * self._score), track.height())
            rounded(painter, share, 3, fill=theme.run_color(self._color_index))


def alpha_of(hue: QColor, score: float) -> QColor:
    """The one hue as strong as the score: clear at 0."""
    color = QColor(hue)
    color.setAlpha(round(_MOST_ALPHA * min(max(score, 0.0), 1.0)))
    return color


def _thin(color: QColor) -> QColor:
    thin = QColor(color)
    thin.setAlpha(110)
    return thin
