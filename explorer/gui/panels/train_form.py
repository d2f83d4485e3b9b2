"""Small parts of the Train page's settings: a row that knows when it was changed, a section, thumbnails, a bar."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets import Hairline, Label, TextButton
from explorer.gui.widgets.painting import FIELD_HEIGHT, rounded
from explorer.runs.pictures import Picture

LABEL_WIDTH = 78
_DOT = 6.0
_DOT_ROOM = 12
_THUMBNAIL = 32
NUM_THUMBNAILS = 7


class SettingRow(QWidget):
    """Label and control. A changed setting shows an accent dot before its label and "reset" below it."""

    reset_wished = Signal()

    def __init__(
        self,
        label: str,
        control: QWidget,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
        is_title: bool = False,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._is_changed = False
        self.control = control
        weight, ink = (600, "text") if is_title else (400, "muted")
        self._label = Label(label, theme=theme, size_px=13, weight=weight, ink=ink)
        self._label.setBuddy(control)
        self._reset = TextButton("reset", "link", theme=theme, tooltip=f"{label}: back to the default")
        self._reset.setFont(ui_font(11, 500))
        self._reset.setFixedHeight(16)
        self._reset.clicked.connect(self.reset_wished)
        self._reset.hide()
        self._error = Label(theme=theme, size_px=12, ink="err", wrap=True)
        self._error.hide()
        names = QVBoxLayout()
        names.setContentsMargins(0, 0, 0, 0)
        names.setSpacing(0)
        names.addStretch()
        names.addWidget(self._label)
        names.addWidget(self._reset, 0, Qt.AlignmentFlag.AlignLeft)
        names.addStretch()
        side = QWidget()
        side.setFixedSize(LABEL_WIDTH, FIELD_HEIGHT)
        side.setLayout(names)
        controls = QVBoxLayout()
        controls.setContentsMargins(0, 0, 0, 0)
        controls.setSpacing(3)
        controls.addWidget(control)
        controls.addWidget(self._error)
        row = QHBoxLayout(self)
        row.setContentsMargins(_DOT_ROOM, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(side, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(controls, 1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        if not control.accessibleName():
            control.setAccessibleName(label)
        changed = getattr(control, "error_changed", None)
        if changed is not None:
            changed.connect(self.set_error)
        theme.changed.connect(lambda _theme: self.update())

    @property
    def is_changed(self) -> bool:
        """Whether the row shows that its setting is not the default."""
        return self._is_changed

    def set_changed(self, changed: bool) -> None:
        """Show or hide the dot and "reset"."""
        if changed != self._is_changed:
            self._is_changed = changed
            self._reset.setVisible(changed)
            self.update()

    def set_error(self, sentence: str) -> None:
        """Say below the control why its text cannot be used; empty hides the sentence."""
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dot of a changed setting."""
        del event
        if self._is_changed:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.current.color("accent"))
            painter.drawEllipse(QRectF(0.5, 5.0 if self._reset.isVisible() else 13.0, _DOT, _DOT))


class Group(QWidget):
    """Settings that belong together, parted from those above by a line; only the first group has none."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource, first: bool = False) -> None:
        super().__init__(parent)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(8)
        if not first:
            self.body.addSpacing(2)
            self.add_indented(Hairline(theme=theme))
            self.body.addSpacing(2)

    def add(self, item: QWidget | QLayout) -> None:
        """Append a row."""
        if isinstance(item, QWidget):
            self.body.addWidget(item)
        else:
            self.body.addLayout(item)

    def add_indented(self, item: QWidget) -> None:
        """Append a widget that stands under the labels."""
        row = QHBoxLayout()
        row.setContentsMargins(_DOT_ROOM, 0, 0, 0)
        row.addWidget(item)
        self.body.addLayout(row)


class Section(Group):
    """A group with a title, and a note in the same line. A group whose first row is titled needs none."""

    def __init__(
        self, title: str, note: str = "", parent: QWidget | None = None, *, theme: ThemeSource, first: bool = False
    ) -> None:
        super().__init__(parent, theme=theme, first=first)
        head = QHBoxLayout()
        head.setContentsMargins(_DOT_ROOM, 0, 0, 0)
        self._title = Label(title, theme=theme, size_px=13, weight=600)
        self.note = Label(note, theme=theme, size_px=12, ink="muted")
        self.head = head
        head.addWidget(self._title)
        head.addStretch()
        head.addWidget(self.note)
        self.body.addLayout(head)


class Thumbnails(QWidget):
    """Seven pictures of the data set; grey ones are drawn as ink in the colour of text."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pictures: tuple[Picture, ...] = ()
        self._images: list[QImage] = []
        self.setFixedHeight(_THUMBNAIL + 2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Pictures of the data set")
        theme.changed.connect(self.retheme)

    def set_pictures(self, pictures: Sequence[Picture], classes: Sequence[str] = ()) -> None:
        """Show `pictures`; `classes` names their labels in the tooltip."""
        self._pictures = tuple(pictures[:NUM_THUMBNAILS])
        names = [classes[p.label] for p in self._pictures if 0 <= p.label < len(classes)]
        self.setToolTip(" · ".join(names))
        self.retheme(self._theme.current)

    def retheme(self, theme: Theme) -> None:
        """Draw the pictures anew in the colours of `theme`."""
        self._images = [picture_image(picture, theme) for picture in self._pictures]
        self.update()

    def sizeHint(self) -> QSize:
        """Seven pictures side by side."""
        return QSize(NUM_THUMBNAILS * (_THUMBNAIL + 6), _THUMBNAIL + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pictures, evenly spread."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)  # 28 points on 32 pixels: no point doubled
        step = (self.width() - _THUMBNAIL) / (NUM_THUMBNAILS - 1)
        for index in range(NUM_THUMBNAILS):
            place = QRectF(round(index * step), 1, _THUMBNAIL, _THUMBNAIL)
            if index < len(self._images):
                painter.drawImage(place, self._images[index])
            else:
                rounded(painter, place.adjusted(2, 2, -2, -2), 3, fill=self._theme.current.color("hover"))


def picture_image(picture: Picture, theme: Theme) -> QImage:
    """A data set's picture as Qt draws it: colours as they are, grey as ink of the theme's text colour."""
    width, height = picture.width, picture.height
    plane = width * height
    if picture.channels == 1:
        ink = theme.color("text")
        alpha = QImage(picture.pixels, width, height, width, QImage.Format.Format_Alpha8)
        image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(ink)
        painter = QPainter(image)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        painter.drawImage(0, 0, alpha)
        painter.end()
        return image
    planes = (picture.pixels[k * plane : (k + 1) * plane] for k in range(3))
    mixed = bytes(value for pixel in zip(*planes, strict=True) for value in pixel)
    return QImage(mixed, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


class MemoryBar(QWidget):
    """How much of the free memory a run needs: ok below 70 %, warn below 90 %, err above."""

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._part: float | None = None
        self.setFixedHeight(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Memory needed of free memory")
        theme.changed.connect(lambda _theme: self.update())

    @property
    def ink(self) -> str:
        """The colour that the share deserves."""
        part = self._part or 0.0
        return "ok" if part < 0.7 else "warn" if part < 0.9 else "err"

    def set_part(self, part: float | None) -> None:
        """Show the share, 0 to 1 and above; None = unknown."""
        self._part = part
        self.setAccessibleDescription("" if part is None else f"{100 * part:.0f} %")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the track and the share."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        rounded(painter, QRectF(self.rect()), 3, fill=theme.color("line"))
        if self._part is not None:
            width = min(max(self._part * self.width(), 6.0), float(self.width()))
            rounded(painter, QRectF(0, 0, width, self.height()), 3, fill=theme.color(self.ink))
