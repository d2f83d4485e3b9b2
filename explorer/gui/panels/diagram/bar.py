"""The block bar: the selected blocks' figures and actions, floating above the plate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from explorer.arch.blocks import Block
from explorer.export.diagram_scene import Branches
from explorer.export.diagram_text import kind_words
from explorer.gui.fonts import ui_font
from explorer.gui.panels.diagram.bar_parts import BAR_HEIGHT, BarButton, Figure, Grip, Words
from explorer.gui.panels.diagram.commands import COUNTED, counted_by, key_text
from explorer.gui.panels.diagram.paints import measure
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets.painting import rounded

SHADOW = 14
LINE_HEIGHT = 21
COVERED = 4.0
"""How much of a block may lie under the bar."""
ABOVE = 7
PADDING = 7
RADIUS = 9.0
_SEPARATOR = 9


class BlockBar(QWidget):
    """Grip · − `2 convs` + · ÷2 `64 ch` ×2 · duplicate · delete, and a line with the cost of what is hovered.

    Blocks without a number of anything leave the first group out; a convolution says its kernel and step instead.
    Blocks with branches have a button that folds them.
    """

    commanded = Signal(str)  # a name of BLOCK_COMMANDS
    convs_wished = Signal(int)
    channels_wished = Signal(int)
    convs_stepped = Signal(int)
    channels_stepped = Signal(int)
    grip_pressed = Signal(QPoint)  # in global coordinates
    left = Signal()  # Esc in the bar: back to the canvas

    def __init__(self, theme: ThemeSource, cost: Callable[[str], tuple[str, bool]], parent: QWidget) -> None:
        super().__init__(parent)
        self._canvas = parent
        self._theme = theme
        self._cost = cost
        self._line: tuple[str, bool] = ("", True)
        self._told = ""
        self._noun: str | None = None
        self._branches: Branches | None = None
        self._target = QRectF()
        self._keep_clear = QRect()
        self._frame = QRect()
        self._separators: list[int] = []
        self._shown: tuple[QRect, tuple[str, bool], tuple[int, ...]] | None = None
        self._ground_key: tuple[int, int, float, str] | None = None
        self._ground_picture = QPixmap()
        self._content_top = float("inf")
        self.grip = Grip(theme, self)
        self.convs = Figure("convs", "conv", "Convolutions", theme, self)
        self.words = Words(theme, self)
        self.channels = Figure("ch", "ch", "Channels", theme, self)
        self._buttons = {
            "remove_conv": self._button("remove_conv", "minus", "", "One convolution less"),
            "add_conv": self._button("add_conv", "plus", "", "One convolution more"),
            "halve": self._button("halve", "", "÷2", "Half the channels"),
            "double": self._button("double", "", "×2", "Twice the channels"),
            "fold": self._button("fold", "collapse", "", "Fold"),
            "duplicate": self._button("duplicate", "duplicate", "", "Duplicate"),
            "delete": self._button("delete", "trash", "", "Delete"),
        }
        self._connect_figures()
        self._order_tabs()
        theme.changed.connect(self.update)
        self.hide()

    def say(self, sentence: str) -> None:
        """Show why something cannot be done, until the pointer or the focus moves on."""
        self._told, self._line = "", (sentence, False)
        self.place(self._target, self._keep_clear)

    def set_blocks(self, blocks: Sequence[Block], branches: Branches = "") -> None:
        """Show the figures of these blocks; where they differ, a dash that typing replaces."""
        self._count(counted_by(blocks))
        counts, channels = {block.count for block in blocks}, {block.out_channels for block in blocks}
        self.convs.set_value(counts.pop() if len(counts) == 1 else None)
        self.channels.set_value(channels.pop() if len(channels) == 1 else None)
        self._buttons["remove_conv"].setEnabled(any(block.count > 1 for block in blocks))
        self._buttons["halve"].setEnabled(any(block.out_channels > 1 for block in blocks))
        self.words.set_text(kind_words(blocks[0]) if len(blocks) == 1 else "")
        fold = self._buttons["fold"]
        fold.setVisible(bool(branches))
        if branches != self._branches:
            self._branches = branches
            fold.set_icon("expand" if branches == "closed" else "collapse")
            fold.setAccessibleName(f"{'Unfold' if branches == 'closed' else 'Fold'} ({key_text('fold')})")
        self._tell(self._told)

    def place(self, plate: QRectF, keep_clear: QRect, content_top: float | None = None) -> None:
        """Stand 7 px above `plate` (in the parent's coordinates), inside the parent and beside `keep_clear`.

        Where that would hide what begins at `content_top`, as in a low window, it stands at the lower edge instead.
        """
        self._target, self._keep_clear = plate, keep_clear
        self._content_top = content_top if content_top is not None else self._content_top
        if plate.isNull():
            return
        parts = self._shown_parts()
        width = 2 * PADDING + sum([wide for _, wide in parts])
        room = self._canvas.width()
        height = BAR_HEIGHT + (LINE_HEIGHT if self._line[0] else 0)
        x = round(plate.center().x() - width / 2)
        x = min(max(x, 6), max(6, room - width - 6))
        bottom = max(round(plate.top()) - ABOVE, 4 + BAR_HEIGHT)
        if self._content_top + COVERED < bottom:
            bottom = self._canvas.height() - 4
        top = max(bottom - height, 4) if not self._line[0] else max(bottom - height, 2)
        bottom = top + height
        if QRect(x, top, width, height).intersects(keep_clear):
            x = max(6, keep_clear.left() - width - 8)
        frame = QRect(x, top, width, height)
        if self._line[0]:
            line = round(measure(self._line[0], 12, 500)) + 2 * (PADDING + 5)
            wide = min(max(width, line), room - 12)
            frame.setLeft(min(x, room - 6 - wide))
            frame.setWidth(max(wide, x + width - frame.left()))
        self._frame = QRect(QPoint(SHADOW, SHADOW), frame.size())
        self.setGeometry(frame.adjusted(-SHADOW, -SHADOW, SHADOW, SHADOW))
        self._lay_out(parts, x - frame.left() + SHADOW, SHADOW + height - BAR_HEIGHT)
        shown = (self._frame, self._line, tuple(self._separators))
        if shown != self._shown:  # a dirty bar has the picture under it painted a second time
            self._shown = shown
            self.update()

    @property
    def frame(self) -> QRect:
        """What is seen of it, in the parent's coordinates."""
        return self._frame.translated(self.pos())

    @property
    def cost_text(self) -> str:
        """The cost line as it is shown; empty where nothing is hovered."""
        return self._line[0]

    def button(self, name: str) -> BarButton:
        """The button of a command."""
        return self._buttons[name]

    def show_cost(self, name: str) -> None:
        """Say what the command would cost; an empty name takes the line away."""
        if name != self._told or (not name and self._line[0]):
            self._tell(name)
            self.place(self._target, self._keep_clear)

    def leaveEvent(self, event: QEvent) -> None:
        """Take the line away unless a button has the focus."""
        super().leaveEvent(event)
        self._look_at_focus()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the shadow, the ground, the separators and the cost line."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self._frame)
        painter.drawPixmap(0, 0, self._ground(frame))
        painter.setPen(theme.color("line"))
        top = frame.bottom() - BAR_HEIGHT
        for x in self._separators:
            painter.drawLine(x, round(top) + 8, x, round(top) + BAR_HEIGHT - 8)
        text, good = self._line
        if text:
            painter.setFont(ui_font(12, 500))
            painter.setPen(theme.color("accent" if good else "err"))
            place = frame.adjusted(PADDING + 5, frame.height() - LINE_HEIGHT - 4, -PADDING - 3, -5)
            place = QRectF(place.x(), frame.top() + 5, place.width(), LINE_HEIGHT)
            metrics = painter.fontMetrics()
            short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, round(place.width()) + 2)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, short)

    def _ground(self, frame: QRectF) -> QPixmap:
        """The shadow and the ground, painted anew only where size, scale or theme change: they cost the most."""
        theme = self._theme.current
        key = (self.width(), self.height(), self.devicePixelRatioF(), theme.name)
        if self._ground_key == key:
            return self._ground_picture
        picture = QPixmap((QSizeF(self.size()) * self.devicePixelRatioF()).toSize())
        picture.setDevicePixelRatio(self.devicePixelRatioF())
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 12 if theme.is_dark else 5))
        for step in range(SHADOW - 4, 0, -2):
            around = frame.adjusted(-step, -step + 4, step, step + 3)
            painter.drawRoundedRect(around, RADIUS + step, RADIUS + step)
        rounded(painter, frame, RADIUS, fill=theme.color("raised"), border=theme.color("line"))
        painter.end()
        self._ground_key, self._ground_picture = key, picture
        return picture

    def _count(self, noun: str) -> None:
        """Show the group that counts by `noun`, or hide it."""
        if noun == self._noun:
            return
        self._noun = noun
        for part in (self._buttons["remove_conv"], self.convs, self._buttons["add_conv"]):
            part.setVisible(bool(noun))
        if noun:
            words = COUNTED[noun]
            self.convs.set_words(words.one, words.many, words.title)
            for name, less in (("remove_conv", "less"), ("add_conv", "more")):
                self._buttons[name].setAccessibleName(f"One {noun} {less} ({key_text(name)})")

    def _button(self, name: str, icon: str, text: str, words: str) -> BarButton:
        button = BarButton(icon, text, self._theme, self)
        keys = key_text(name)
        button.setAccessibleName(f"{words} ({keys})" if keys else words)
        button.clicked.connect(lambda: self.commanded.emit(name))
        button.entered.connect(lambda: self.show_cost(name))
        button.escaped.connect(self.left)
        button.unfocused.connect(self._look_at_focus)
        return button

    def _connect_figures(self) -> None:
        self.convs.typed.connect(self.convs_wished)
        self.channels.typed.connect(self.channels_wished)
        self.convs.stepped.connect(self.convs_stepped)
        self.channels.stepped.connect(lambda steps: self.channels_stepped.emit(8 * steps))
        self.grip.pressed_at.connect(self.grip_pressed)
        for figure in (self.convs, self.channels):
            figure.unreadable.connect(self.say)
            figure.entered.connect(self._look_at_focus)
            figure.escaped.connect(self.left)
            figure.considered.connect(partial(self._consider, "convs" if figure is self.convs else "channels"))
            figure.resized.connect(lambda: self.place(self._target, self._keep_clear))

    def _order_tabs(self) -> None:
        parts = self._row()
        for first, second in pairwise(parts):
            if first is not None and second is not None:
                QWidget.setTabOrder(first, second)

    def _row(self) -> list[QWidget | None]:
        """The parts from left to right; None is a separator."""
        b = self._buttons
        return [
            self.grip,
            b["remove_conv"],
            self.convs,
            b["add_conv"],
            self.words,
            None,
            b["halve"],
            self.channels,
            b["double"],
            None,
            b["fold"],
            b["duplicate"],
            b["delete"],
        ]

    def _shown_parts(self) -> list[tuple[QWidget | None, int]]:
        """What is shown from left to right, and how wide; None is a separator."""
        shown: list[tuple[QWidget | None, int]] = []
        was_part = False
        for part in self._row():
            if part is None:
                if was_part:
                    shown.append((None, _SEPARATOR))
                was_part = False
            elif not part.isHidden():
                was_part = was_part or part is not self.grip
                shown.append((part, part.sizeHint().width()))
        return shown

    def _lay_out(self, parts: Sequence[tuple[QWidget | None, int]], start: int, top: int) -> None:
        """Put the parts in a row from `start`."""
        x = start + PADDING
        self._separators = []
        for part, width in parts:
            if part is None:
                self._separators.append(x + _SEPARATOR // 2)
            else:
                part.setGeometry(x, top + 4, width, BAR_HEIGHT - 8)
            x += width

    def _tell(self, name: str) -> None:
        self._told = name
        self._line = self._cost(name) if name else ("", True)

    def _consider(self, name: str, number: int) -> None:
        """Show what the number being typed would cost."""
        self.show_cost(f"{name}={number}" if number else "")

    def _look_at_focus(self) -> None:
        """Show the cost of the focused button, or of none."""
        if any(figure.is_typing for figure in (self.convs, self.channels)):
            return
        lit = [name for name, button in self._buttons.items() if button.underMouse() and button.isEnabled()]
        lit += [name for name, button in self._buttons.items() if button.hasFocus()]
        self.show_cost(lit[0] if lit else "")
