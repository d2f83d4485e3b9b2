"""RunBar: the controls of the run and what it is doing; its buttons keep their places in all states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from explorer.gui.fonts import ui_font
from explorer.gui.icons import draw
from explorer.gui.panels.run_progress import RunProgress
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Chip, ElidedLabel, InPlaceLabel, Label, TextButton
from explorer.gui.widgets.chip import ChipKind
from explorer.gui.widgets.painting import rounded

RUN_BAR_HEIGHT = 92
_BOTTOM_HEIGHT = 26
_BAND_INSET = 24


@dataclass(frozen=True, slots=True)
class Button:
    """What a button of the bar says and wishes. `action` is a word of the signal `wished`."""

    text: str
    action: str
    icon: str | None = None
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """How the bar looks in one state: its chip (nothing without text) and the buttons, from right to left."""

    chip: tuple[ChipKind, str, str | None]
    right: Button | None
    left: Button | None = None
    ink: str = "accent"
    name_editable: bool = False


_START = Button("Start", "start", "play", primary=True)
_AGAIN = Button("Start again", "start", "play")
_NEXT = Button("Start new run", "start", "play", primary=True)
_STOP = Button("Stop and keep", "stop", "stop")
_PAUSE = Button("Pause", "pause", "pause")
_CONTINUE = Button("Continue", "resume", "play", primary=True)
_GO_ON = Button("Continue from here", "go_on", "play")
_CANCEL = Button("Cancel", "stop", "close")

LOOKS: Mapping[str, Look] = {
    "idle": Look(("muted", "", None), _START, name_editable=True),
    "waiting_for_torch": Look(("info", "Waiting", "clock"), _CANCEL),
    "measuring": Look(("info", "Measuring", "clock"), _CANCEL),
    "training": Look(("ok", "Training", "play"), _STOP, _PAUSE),
    "pausing": Look(("warn", "Pausing", "pause"), _STOP, _PAUSE),
    "paused": Look(("warn", "Paused", "pause"), _STOP, _CONTINUE, ink="warn"),
    "stopping": Look(("muted", "Stopping", "stop"), _STOP, _PAUSE),
    "ended": Look(("ok", "Finished", "check"), _AGAIN, _GO_ON, ink="ok"),
    "failed": Look(("err", "Failed", "cross-circle"), _AGAIN, _GO_ON, ink="err"),
}
"""One row per state of the session."""
_DISABLED_IN = {"pausing": ("pause",), "stopping": ("stop", "pause")}


@dataclass(frozen=True, slots=True)
class Figures:
    """The three figures above the bar's buttons, as text."""

    left: str = "–"
    elapsed: str = "–"
    speed: str = "–"


class RunBar(QWidget):
    """Name, state, figures, buttons, progress and one line. It decides nothing: `wished` tells what was pressed."""

    wished = Signal(str)  # start, stop, pause, resume, go_on, open_in_design, fix
    renamed = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent)
        self._theme = theme
        self._state = "idle"
        self._color_index = 0
        self._band = False
        self._compact = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Run")
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 16, 4)
        column.setSpacing(0)
        column.addLayout(self._make_top())
        column.addSpacing(9)
        self.progress = RunProgress(theme=theme)
        column.addWidget(self.progress)
        column.addSpacing(3)
        column.addWidget(self._make_bottom())
        self.setFixedHeight(RUN_BAR_HEIGHT)
        theme.changed.connect(lambda _theme: self.update())
        self.set_state("idle")

    @property
    def state(self) -> str:
        """The state shown."""
        return self._state

    def set_state(self, state: str, *, chip: tuple[ChipKind, str, str | None] | None = None) -> None:
        """Show `state`; `chip` replaces its chip (a run that was stopped says so)."""
        self._state = state
        look = LOOKS[state]
        kind, text, icon = chip or look.chip
        self.chip.setVisible(bool(text))
        self.chip.set_state(kind, text, icon)
        self._show_button(self.right_button, look.right)
        self._show_button(self.left_button, look.left)
        is_over = state in {"ended", "failed"}
        self.design_button.setVisible(is_over)
        self._show_figures()
        for button in (self.right_button, self.left_button):
            button.setEnabled(button.property("action") not in _DISABLED_IN.get(state, ()))
        self._ink = look.ink
        self._band = state == "failed"
        self._line_row.setContentsMargins(_BAND_INSET if self._band else 0, 0, 0, 0)
        self.line.set_ink("err" if self._band else "text")
        if state != "failed":
            self.fix_button.hide()
        self.update()

    def set_run(self, name: str, color_index: int) -> None:
        """Show whose run it is."""
        self.name.set_text(name)
        self._color_index = color_index
        self.update()

    def set_figures(self, figures: Figures) -> None:
        """Show time left, elapsed and images per second; only what differs is repainted."""
        for label, text in zip(self._figures, (figures.left, figures.elapsed, figures.speed), strict=True):
            if label.text() != text:
                label.setText(text)

    def set_progress(self, part: float, num_epochs: int) -> None:
        """Show how far the run is."""
        self.progress.set_progress(part, num_epochs, ink=self._ink)

    def set_lines(self, line: str, best: str = "") -> None:
        """Show where the run is, and the best so far."""
        self.line.set_text(line)
        self.best.set_text(best)

    def set_fix(self, label: str) -> None:
        """Offer what would mend a failed run; empty offers nothing."""
        self.fix_button.set_text(label)
        self.fix_button.setVisible(bool(label))

    def set_enabled(self, action: str, reason: str = "") -> None:
        """Disable the button of `action` with its reason as tooltip; an empty reason enables it."""
        for button in (self.right_button, self.left_button):
            if button.property("action") == action:
                button.setEnabled(not reason)
                button.setToolTip(reason or str(button.property("keys") or ""))

    def set_next(self, name: str) -> None:
        """After a run: whether `name`, another network or other settings, comes next; empty offers the same again."""
        look = LOOKS[self._state].right
        if look in {_AGAIN, _NEXT}:
            self._show_button(self.right_button, _NEXT if name else _AGAIN)
            if name:
                self.right_button.setProperty("keys", f"Train {name} with the settings on the left (F5)")
                self.right_button.setToolTip(str(self.right_button.property("keys")))

    def set_compact(self, compact: bool) -> None:
        """Give way in a narrow window: images per second stands in its strip as well, what a run took in the table.

        An icon says Open in Design.
        """
        self.design_button.set_icon_only(compact)
        self._compact = compact
        self._show_figures()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the run's swatch, and a failed run's band."""
        del event
        painter = QPainter(self)
        theme = self._theme.current
        painter.fillRect(self.rect(), theme.color("panel"))
        swatch = QRectF(20, 12 + 10, 12, 12)
        rounded(painter, swatch, 3, fill=theme.run_color(self._color_index))
        if self._band:
            top = self._bottom.y() - 1
            band = QRectF(0, top, self.width(), self.height() - top)
            painter.fillRect(band, theme.color("errSoft"))
            draw(painter, "cross-circle", theme.color("err"), QRectF(20, band.center().y() - 8, 16, 16))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.color("line"))

    def _make_top(self) -> QHBoxLayout:
        theme = self._theme
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addSpacing(20)
        self.name = InPlaceLabel("", theme=theme, name="Run")
        self.name.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.name.edited.connect(self.renamed)
        row.addWidget(self.name, 0, Qt.AlignmentFlag.AlignVCenter)
        self.chip = Chip("ok", "", theme=theme)
        row.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        self._figures: list[Label] = []
        columns = [self._figure(caption) for caption in ("Time left", "Elapsed", "Images per second")]
        self._columns = columns
        for column in columns:
            row.addWidget(column)
            row.addSpacing(12)
        self.design_button = TextButton("Open in Design", "quiet", "arrow-left", theme=theme)
        self.design_button.setToolTip("Bring this run's network back into Design, as one undoable step")
        self.design_button.clicked.connect(lambda: self.wished.emit("open_in_design"))
        self.left_button = TextButton("Pause", "plain", "pause", theme=theme)
        self.right_button = TextButton("Start", "primary", "play", theme=theme)
        for button in (self.left_button, self.right_button):
            button.clicked.connect(self._press)
        self.right_button.setFixedWidth(self._widest([_NEXT, *(look.right for look in LOOKS.values())]))
        row.addWidget(self.design_button)
        row.addWidget(self.left_button)
        row.addWidget(self.right_button)
        return row

    def _make_bottom(self) -> QWidget:
        self._bottom = QWidget()
        self._bottom.setFixedHeight(_BOTTOM_HEIGHT)
        row = QHBoxLayout(self._bottom)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self._line_row = row
        self.line = ElidedLabel(theme=self._theme, size_px=13, weight=500)
        self.line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.best = ElidedLabel(theme=self._theme, size_px=12, ink="muted")
        self.fix_button = TextButton("", "fix", theme=self._theme)
        self.fix_button.clicked.connect(lambda: self.wished.emit("fix"))
        self.fix_button.hide()
        row.addWidget(self.line, 1)
        row.addWidget(self.best)
        row.addWidget(self.fix_button)
        return self._bottom

    def _figure(self, caption: str) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Label(caption, theme=self._theme, size_px=12, ink="muted"))
        value = Label("–", theme=self._theme, size_px=15, weight=600)
        value.setFont(ui_font(15, 600))
        column.addWidget(value)
        self._figures.append(value)
        return box

    def _show_figures(self) -> None:
        """A run that goes on has all figures, one that is over only its time, and before a run there is none."""
        is_live = self._state in {"training", "pausing", "paused", "stopping"}
        left, elapsed, speed = self._columns
        left.setVisible(is_live)
        is_over = self._state in {"ended", "failed"}
        elapsed.setVisible(is_live or (is_over and not self._compact))
        speed.setVisible(is_live and not self._compact)

    def _show_button(self, button: TextButton, look: Button | None) -> None:
        # A button without a part in this state leaves its place empty: the other one does not move.
        policy = button.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        button.setSizePolicy(policy)
        button.setVisible(look is not None)
        if look is not None:
            button.set_role("primary" if look.primary else "plain")
            button.set_icon(look.icon)
            button.set_text(look.text)
            button.setProperty("action", look.action)
            button.setToolTip(_TOOLTIPS.get(look.action, ""))
            button.setProperty("keys", _TOOLTIPS.get(look.action, ""))

    def _widest(self, looks: Iterable[Button | None]) -> int:
        """The width that holds every text of one place, so that it never moves."""
        widths = [
            TextButton(look.text, "plain", look.icon, theme=self._theme).sizeHint().width() for look in looks if look
        ]
        return max(widths)

    def _press(self) -> None:
        button = self.sender()
        if button is not None:
            self.wished.emit(str(button.property("action")))


_TOOLTIPS = {
    "start": "Train with the settings on the left (F5)",
    "stop": "End now; the weights so far are kept and the run can be continued (Shift+F5)",
    "pause": "Wait after the step it is in (F6)",
    "resume": "Go on (F5)",
    "go_on": "Go on from the last checkpoint; epochs as set on the left, if they are more",
}
