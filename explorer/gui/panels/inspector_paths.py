"""One path of an Inception block as a row of the inspector: its band, what it does, its channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from explorer.arch.blocks import Path
from explorer.arch.limits import MAX_CHANNELS
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import ErrorLine, IconButton, Label, Stepper, TextButton
from explorer.gui.widgets.painting import follow, rounded
from explorer.palette import band_faces
from explorer.units import TIMES

KERNELS = (1, 3, 5, 7)
KINDS = (("conv", "Convolution"), ("max", "Max pool"), ("average", "Average pool"))
_ARROW = "→"
_LEAST_REDUCED = 1
_GROWS = 100  # room goes to the steppers before it goes to the gap


class PathRow(QWidget):
    """`edited` tells the path that is wanted, the field it differs in, and the words for the undo step."""

    edited = Signal(object, str, str)  # Path, field, words
    removed = Signal()
    chosen = Signal()

    def __init__(self, theme: ThemeSource, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._path = Path("conv", 1)
        self._is_lit = False
        self._is_reduced: bool | None = None
        self.number = number
        self._swatch = _Swatch(theme, number, self)
        self._name = Label(f"Path {number}", self, theme=theme, size_px=13, weight=600)
        self.form_button = TextButton("", "note", "chevron-down", self, theme=theme)
        self.form_button.setAccessibleName(f"Kernel, kind and reduction of path {number}")
        self.form_button.setToolTip("Kernel, kind and reduction")
        self.form_button.let_elide(44)
        self.out_box = self._stepper(f"Channels of path {number}", 1)
        self.reduce_box = self._stepper(f"Reduction of path {number}", 0)
        self.reduce_box.setToolTip("Channels of the 1×1 before it; 0 leaves it out")
        self.remove_button = IconButton("cross", f"Remove path {number}", self, theme=theme, size_px=12, ink="muted",
                                        side=24)  # fmt: skip
        self.error = ErrorLine(self, theme=theme)
        self._lay_out()
        self.form_button.clicked.connect(self._open_menu)
        self.remove_button.clicked.connect(self.removed)
        self.out_box.edited.connect(self._wish_out)
        self.reduce_box.edited.connect(self._wish_reduce)
        for box in (self.out_box, self.reduce_box):
            box.error_changed.connect(self.error.set_error)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        follow(self, theme)

    def set_path(self, path: Path, *, num_paths: int, is_lit: bool) -> None:
        """Show `path`, one of `num_paths`; lit up where a layer of it is selected."""
        self._path = path
        self.form_button.set_text(path_words(path))
        self.form_button.setAccessibleName(f"Kernel, kind and reduction of path {self.number}: {path_words(path)}")
        self.out_box.set_range(1 if path.kind == "conv" else 0, MAX_CHANNELS)
        self.out_box.setToolTip("" if path.kind == "conv" else "0 leaves out the 1×1: all channels go through")
        self.out_box.set_value(path.out_channels)
        self.reduce_box.set_value(path.reduce)
        self.remove_button.setEnabled(num_paths > 1)
        self._place(is_reduced=bool(path.reduce))
        if is_lit != self._is_lit:
            self._is_lit = is_lit
            self._name.set_ink("accent" if is_lit else "text")
            self.update()

    @property
    def is_lit(self) -> bool:
        """Whether a layer of the path is selected."""
        return self._is_lit

    def clear_error(self) -> None:
        """Take the sentence away."""
        for box in (self.out_box, self.reduce_box):
            box.set_error("")
        self.error.set_error("")

    def menu(self) -> QMenu:
        """What the path can be: its kernel, its kind, with or without a reduction."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        path = self._path
        for size in sorted({*KERNELS, path.kernel}):
            text = f"{size}{TIMES}{size}" + ("" if path.kind == "conv" else " window")
            words = f"{size}{TIMES}{size}"
            self._entry(menu, text, replace(path, kernel=size), "kernel", words, checked=size == path.kernel)
        menu.addSeparator()
        for kind, title in KINDS:
            self._entry(menu, title, as_kind(path, kind), "kind", title.lower(), checked=kind == path.kind)
        menu.addSeparator()
        reduced = replace(path, reduce=0 if path.reduce else max(_LEAST_REDUCED, path.out_channels * 3 // 4))
        words = "without its reduction" if path.reduce else f"reduced to {reduced.reduce:,}"
        entry = self._entry(menu, "1×1 before it, to reduce", reduced, "reduce", words, checked=bool(path.reduce))
        entry.setEnabled(path.kind == "conv")
        return menu

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select the path's last layer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground of a lit path."""
        del event
        if self._is_lit:
            rounded(QPainter(self), QRectF(self.rect()), 6, fill=self._theme.current.color("soft"))

    def _stepper(self, name: str, minimum: int) -> Stepper:
        box = Stepper(self, theme=self._theme, name=name, minimum=minimum, maximum=MAX_CHANNELS, step=8, compact=True)
        box.setMinimumWidth(72)
        box.setMaximumWidth(88)
        return box

    def _lay_out(self) -> None:
        self._head = QHBoxLayout()
        self._head.setSpacing(4)
        for widget in (self._swatch, self._name, self.form_button):
            self._head.addWidget(widget)
        self._head.addStretch(1)
        self._head.addWidget(self.out_box, _GROWS)
        self._head.addWidget(self.remove_button)
        self._second = QHBoxLayout()
        self._second.setSpacing(4)
        reduce = Label("reduce to", self, theme=self._theme, size_px=12, ink="muted")
        arrow = Label(_ARROW, self, theme=self._theme, size_px=13, ink="muted")
        self._reducing = (reduce, self.reduce_box, arrow)
        self._second.addWidget(reduce)
        self._second.addStretch(1)
        self._second.addWidget(self.reduce_box, _GROWS)
        self._second.addWidget(arrow)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 2, 0, 2)
        column.setSpacing(2)
        column.addLayout(self._head)
        column.addLayout(self._second)
        column.addWidget(self.error)

    def _place(self, *, is_reduced: bool) -> None:
        """Put the channels beside the reduction, or beside the name where there is none."""
        if is_reduced == self._is_reduced:
            return
        self._is_reduced = is_reduced
        self._head.removeWidget(self.out_box)
        self._second.removeWidget(self.out_box)
        layout, at = (self._second, 4) if is_reduced else (self._head, self._head.indexOf(self.remove_button))
        layout.insertWidget(at, self.out_box, _GROWS)
        self._second.setContentsMargins(0, 0, 28 if is_reduced else 0, 0)
        for widget in self._reducing:
            widget.setVisible(is_reduced)

    def _entry(self, menu: QMenu, text: str, path: Path, field: str, words: str, *, checked: bool) -> QAction:
        entry = menu.addAction(text)
        entry.setCheckable(True)
        entry.setChecked(checked)
        entry.triggered.connect(lambda: self.edited.emit(path, field, words))
        return entry

    def _open_menu(self) -> None:
        self.menu().popup(self.form_button.mapToGlobal(QPoint(0, self.form_button.height() + 2)))

    def _wish_out(self, channels: int) -> None:
        self.edited.emit(replace(self._path, out_channels=channels), "out_channels", f"{channels:,} channels")

    def _wish_reduce(self, channels: int) -> None:
        words = f"reduced to {channels:,}" if channels else "without its reduction"
        self.edited.emit(replace(self._path, reduce=channels), "reduce", words)


class _Swatch(QWidget):
    """A square in the colour of the path's band in the joined volume."""

    def __init__(self, theme: ThemeSource, number: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._number = number
        self.setFixedSize(10, 10)
        follow(self, theme)

    def sizeHint(self) -> QSize:
        return QSize(10, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        color = QColor(band_faces(self._theme.current, self._number).front)
        rounded(QPainter(self), QRectF(self.rect()), 2, fill=color)


def path_words(path: Path) -> str:
    """`1×1 → 3×3`, `3×3`, `max 3×3 → 1×1`."""
    size = f"{path.kernel}{TIMES}{path.kernel}"
    if path.kind == "conv":
        return f"1{TIMES}1 {_ARROW} {size}" if path.reduce else size
    name = "pool" if path.kind == "max" else "average"
    if path.kernel != 3:
        name = f"{name} {size}"
    return f"{name} {_ARROW} 1{TIMES}1" if path.out_channels else f"{name} {size}, all channels"


def as_kind(path: Path, kind: str) -> Path:
    """`path` as another kind: a pool has no reduction and a window above 1, a convolution has channels of its own."""
    if kind == "conv":
        return replace(path, kind="conv", out_channels=path.out_channels or 32)
    window = path.kernel if path.kernel > 1 else 3
    return replace(path, kind="max" if kind == "max" else "average", kernel=window, reduce=0)


def new_paths(paths: Sequence[Path]) -> tuple[tuple[str, Path], ...]:
    """The paths that can be added, by the words of the menu; as wide as the last one."""
    width = next((path.out_channels for path in reversed(paths) if path.out_channels), 32)
    reduced = max(1, width * 3 // 4)
    return (
        ("Convolution 1×1", Path("conv", width, 1)),
        ("1×1 → 3×3", Path("conv", width, 3, reduced)),
        ("1×1 → 5×5", Path("conv", width, 5, reduced)),
        ("Max pool → 1×1", Path("max", width, 3)),
        ("Average pool → 1×1", Path("average", width, 3)),
    )
