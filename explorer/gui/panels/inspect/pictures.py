"""PictureStrip: test pictures with what was said of them; they are fetched as they come into view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QModelIndex,
    QRectF,
    QSignalBlocker,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.models.item_list import ITEM_ROLE, Index, ItemList
from explorer.gui.panels.train_form import picture_image
from explorer.gui.sample import plain_image
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets.painting import ground_panel, rounded
from explorer.runs.pictures import Picture

CELL_WIDTH, CELL_HEIGHT = 88, 110
_SIDE = 64
_MOST_AT_ONCE = 240


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was said of one test picture: its place in the test set, and two lines under it."""

    index: int
    is_right: bool
    said: str
    detail: str


def themed_image(picture: Picture, theme: Theme) -> QImage:
    """The picture as the page draws it: colours as they are, grey as ink of the theme's text colour."""
    return picture_image(picture, theme) if picture.channels == 1 else plain_image(picture)


class PictureStrip(QListView):
    """Pictures in rows; arrow keys and clicks choose one. `wanted` asks for those that are in view."""

    chosen = Signal(int)  # index in the test set
    wanted = Signal(tuple)

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource, name: str, empty: str = "") -> None:
        super().__init__(parent)
        self._theme = theme
        self._empty = empty
        self._model: ItemList[Verdict] = ItemList(
            self, texts={Qt.ItemDataRole.ToolTipRole: _tip, Qt.ItemDataRole.AccessibleTextRole: _spoken}
        )
        self._pictures: dict[int, Picture] = {}
        self._images: dict[int, QImage] = {}
        self._asked: set[int] = set()
        self.setModel(self._model)
        self.setItemDelegate(_Painter(self, theme=theme))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(200)
        self.setGridSize(QSize(CELL_WIDTH, CELL_HEIGHT))
        self.setMouseTracking(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(CELL_HEIGHT // 3)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(30)
        self._soon.timeout.connect(self._ask)
        self.selectionModel().currentChanged.connect(self._tell)
        theme.changed.connect(self.retheme)
        self.retheme(theme.current)

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What is shown, in order."""
        return self._model.items

    @property
    def current(self) -> int | None:
        """The place in the test set of the chosen picture."""
        row = self.currentIndex().row()
        return self.verdicts[row].index if 0 <= row < len(self.verdicts) else None

    def set_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Show other pictures; the chosen one stays chosen where it is among them. Nothing is reported."""
        current = self.current
        with QSignalBlocker(self.selectionModel()):
            self._model.set_items(verdicts)
        self.scrollToTop()
        if current is not None:
            self.choose(current)
        self.viewport().update()

    def choose(self, index: int) -> None:
        """Choose the picture at `index` of the test set without reporting it."""
        for row, verdict in enumerate(self.verdicts):
            if verdict.index == index:
                with QSignalBlocker(self.selectionModel()):
                    self.setCurrentIndex(self._model.index(row, 0))
                return

    def set_empty(self, sentence: str) -> None:
        """Say `sentence` where there are no pictures."""
        self._empty = sentence
        self.viewport().update()

    def forget_pictures(self) -> None:
        """Drop the pictures: they are of another data set."""
        self._pictures.clear()
        self._images.clear()
        self._asked.clear()

    def take_pictures(self, indices: Sequence[int], pictures: Sequence[Picture]) -> None:
        """Show the pictures at `indices`."""
        for index, picture in zip(indices, pictures, strict=True):
            self._pictures[index] = picture
            self._asked.discard(index)
        self.viewport().update()

    def picture(self, index: int) -> Picture | None:
        """The picture at `index`, where it has arrived."""
        return self._pictures.get(index)

    def image(self, index: int) -> QImage | None:
        """The picture as it is drawn; one that is not there yet is asked for."""
        if index not in self._images:
            picture = self._pictures.get(index)
            if picture is None:
                if not self._soon.isActive():
                    self._soon.start()
                return None
            self._images[index] = themed_image(picture, self._theme.current)
        return self._images[index]

    def retheme(self, theme: Theme) -> None:
        """Take over the colours of `theme`."""
        ground_panel(self, theme)
        self._images.clear()
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures, or the sentence of an empty strip."""
        super().paintEvent(event)
        if not self.verdicts and self._empty:
            painter = QPainter(self.viewport())
            painter.setFont(ui_font(13, 400))
            painter.setPen(self._theme.current.color("muted"))
            place = QRectF(self.viewport().rect()).adjusted(16, 4, -16, -4)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), self._empty)

    def _ask(self) -> None:
        """Ask for what is in view, and a screen more."""
        room = self.viewport().rect().adjusted(0, 0, 0, self.viewport().height())
        wanted: list[int] = []
        for row, verdict in enumerate(self.verdicts):
            place = self.visualRect(self._model.index(row, 0))
            if place.top() > room.bottom() or len(wanted) >= _MOST_AT_ONCE:
                break
            missing = verdict.index not in self._pictures and verdict.index not in self._asked
            if missing and place.intersects(room):
                wanted.append(verdict.index)
        if wanted:
            self._asked.update(wanted)
            self.wanted.emit(tuple(wanted))

    def _tell(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self.verdicts[index.row()].index)


def _tip(verdict: Verdict) -> str:
    return f"Test picture {verdict.index:,}: {verdict.said}, {verdict.detail}"


def _spoken(verdict: Verdict) -> str:
    rightness = "right" if verdict.is_right else "wrong"
    return f"Test picture {verdict.index:,}, {rightness}: {verdict.said}, {verdict.detail}"


class _Painter(QStyledItemDelegate):
    def __init__(self, strip: PictureStrip, *, theme: ThemeSource) -> None:
        super().__init__(strip)
        self._strip = strip
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(CELL_WIDTH, CELL_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        verdict: Verdict = index.data(ITEM_ROLE)
        theme, rect = self._theme.current, QRectF(option.rect)
        painter.save()
        plate = rect.adjusted(3, 2, -3, -4)
        if option.state & QStyle.StateFlag.State_Selected:
            rounded(painter, plate, 8, fill=theme.color("soft"), border=theme.color("accent"), width=2)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            rounded(painter, plate, 8, fill=theme.color("hover"))
        place = QRectF(rect.center().x() - _SIDE / 2, rect.top() + 8, _SIDE, _SIDE)
        self._paint_picture(painter, place, self._strip.image(verdict.index), theme.color("hover"))
        ink = theme.color("ok" if verdict.is_right else "err")
        upper = QRectF(plate.left() + 5, place.bottom() + 4, plate.width() - 8, 14)
        draw(painter, "check" if verdict.is_right else "cross", ink, QRectF(upper.left(), upper.top() + 2, 10, 10))
        _line(painter, upper.adjusted(13, 0, 0, 0), verdict.said, ink, 600)
        _line(painter, upper.translated(0, 14), verdict.detail, theme.color("muted"), 500)
        painter.restore()

    def _paint_picture(self, painter: QPainter, place: QRectF, image: QImage | None, ground: QColor) -> None:
        if image is None:
            rounded(painter, place.adjusted(4, 4, -4, -4), 4, fill=ground)
            return
        ratio = min(place.width() / image.width(), place.height() / image.height())
        shown = QRectF(0, 0, image.width() * ratio, image.height() * ratio)
        shown.moveCenter(place.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(shown, image)


def _line(painter: QPainter, place: QRectF, text: str, ink: QColor, weight: int) -> None:
    painter.setFont(ui_font(11, weight))
    painter.setPen(QPen(ink))
    shown = QFontMetricsF(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
