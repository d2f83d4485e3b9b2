"""PictureCard: the test pictures of one way of testing, and the chosen one large with its class-score map."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from explorer import units
from explorer.gui.panels.inspect.picture_view import ClassBars, HeatKey, PictureView
from explorer.gui.panels.inspect.pictures import PictureStrip, Verdict
from explorer.gui.panels.inspect.test_form import title_row
from explorer.gui.panels.inspect.texts import best_member, class_name, counts, map_sentence, way
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Card, Combo, ElidedLabel, FormRow, Hairline, Label, Segmented
from explorer.runs.testing import EnsembleResult, ImageChange, PerImage, ScoreMap, TestRow

EMPTY = "Start a test: the pictures that the network gets wrong appear here."
NONE_WRONG = "No picture was wrong."
CHOOSE = "Choose a picture to see where the network finds each class."
ANY = -1
_KINDS = (("wrong", "Wrong"), ("right", "Right"), ("all", "All"))
_CHANGES = (("gained", "Gained"), ("lost", "Lost"))
_SIDE_PARTS = ((2, 2), (3, 2), (4, 2), (6, 2))
_LOOK_WIDTH, _ANY_WIDTH = 560, 16_777_215
STACKED_BELOW = 860


class PictureCard(Card):
    """`wanted` asks for pictures, `look_wished` for the map of one at a side."""

    wanted = Signal(tuple)
    look_wished = Signal(int, int)  # index, side

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__(parent, theme=theme)
        self._theme = theme
        self._classes: tuple[str, ...] = ()
        self._row: TestRow | None = None
        self._average: EnsembleResult | None = None
        self._color_index = 0
        self._map: ScoreMap | None = None
        self._input_side = 32
        self._note = ElidedLabel(theme=theme, size_px=12, ink="muted")
        self.filter = Segmented(_KINDS, theme=theme, name="Pictures")
        self.filter.set_value("wrong")
        self.filter.setFixedWidth(224)
        self.filter.edited.connect(lambda _value: self._show_pictures())
        self.only = Combo([(ANY, "Every class")], theme=theme, name="True class")
        self.only.setFixedWidth(150)
        self.only.set_value(ANY)
        self.only.edited.connect(lambda _value: self._show_pictures())
        self.strip = PictureStrip(theme=theme, name="Test pictures", empty=EMPTY)
        self.strip.chosen.connect(self._choose)
        self.strip.wanted.connect(self.wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        title = Label("Pictures", theme=theme, size_px=13, weight=600)
        bar = title_row(title, self._note, self.only, self.filter)
        bar.setFixedHeight(46)
        column.addWidget(bar)
        column.addWidget(Hairline(theme=theme))
        self._parts = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.setSpacing(0)
        self.strip.setMinimumHeight(232)
        self.strip.setContentsMargins(8, 6, 0, 0)
        self._parts.addWidget(self.strip, 1)
        self._line = Hairline(Qt.Orientation.Vertical, theme=theme)
        self._parts.addWidget(self._line)
        self._parts.addWidget(self._make_look())
        column.addLayout(self._parts, 1)
        self._clear_look()

    def set_stacked(self, stacked: bool) -> None:
        """Put the large picture under the strip, or beside it."""
        ways = QBoxLayout.Direction
        self._parts.setDirection(ways.TopToBottom if stacked else ways.LeftToRight)
        self._line.setVisible(not stacked)
        self._look.setMaximumWidth(_ANY_WIDTH if stacked else _LOOK_WIDTH)

    def set_run(self, color_index: int, input_side: int) -> None:
        """Forget what was shown: another run is inspected."""
        self._color_index, self._input_side = color_index, input_side
        self.side.set_choices([(_part(input_side, part), str(_part(input_side, part))) for part in _SIDE_PARTS])
        self.side.set_value(_part(input_side, _SIDE_PARTS[2]))
        self.strip.forget_pictures()
        self.set_row(None)

    def set_classes(self, classes: Sequence[str]) -> None:
        """Know the names of the classes."""
        self._classes = tuple(classes)
        chosen = self.only.value()
        self.only.set_choices([(ANY, "Every class"), *enumerate(self._classes)])
        self.only.set_value(chosen if isinstance(chosen, int) and chosen < len(self._classes) else ANY)
        self._show_pictures()

    def set_row(self, row: TestRow | None) -> None:
        """Show what one way of testing said of each picture."""
        if self._average is not None:
            self.filter.set_choices(_KINDS)
            self.filter.set_value("wrong")
        self._row, self._average = row, None
        self._show_pictures()

    def set_changes(self, result: EnsembleResult, *, gained: bool) -> None:
        """Show the pictures that the average of several runs gets right, or wrong, otherwise than its best member."""
        self._row, self._average = None, result
        self.filter.set_choices(_CHANGES)
        self.filter.set_value("gained" if gained else "lost")
        self._show_pictures()

    def take_pictures(self, indices: Sequence[int], pictures: Sequence[object]) -> None:
        """Show pictures that were asked for."""
        self.strip.take_pictures(indices, pictures)  # type: ignore[arg-type]

    def set_map(self, found: ScoreMap) -> None:
        """Show the map of the chosen picture."""
        if found.index != self.strip.current:
            return
        self._map = found
        self.view.set_map(found, found.prediction)
        self.bars.set_scores(found.probabilities, self._classes, label=found.label, color_index=self._color_index)
        names = [(number, class_name(self._classes, number)) for number in range(len(found.probabilities))]
        self.of_class.set_choices(names)
        self._show_class(found.prediction)
        self._set_said(map_sentence(found), "muted")
        self._show_parts(found=True)

    def set_problem(self, sentence: str) -> None:
        """Say why there is no map."""
        self._map = None
        self._set_said(sentence, "err")
        self._show_parts(found=False)

    def _make_look(self) -> QWidget:
        theme = self._theme
        self._look = QWidget()
        self._look.setMaximumWidth(_LOOK_WIDTH)
        self.view = PictureView(theme=theme)
        self.of_class = Combo((), theme=theme, name="Class of the map")
        self.of_class.edited.connect(lambda number: self._show_class(int(str(number))))
        self.side = Segmented((), theme=theme, name="Side Q of the map")
        self.side.setToolTip("The shorter side of the picture that the dense network sees: larger gives more places")
        self.side.edited.connect(lambda _side: self._ask_map())
        self.key = HeatKey(self.view, theme=theme)
        self.bars = ClassBars(theme=theme)
        self.bars.chosen.connect(self._show_class)
        self._title = ElidedLabel(theme=theme, size_px=13, weight=600)
        self._said = Label(theme=theme, size_px=12, ink="muted", wrap=True)
        self._said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._class_row = FormRow("Score of", self.of_class, theme=theme, label_width=64)
        facts = QVBoxLayout()
        facts.setContentsMargins(0, 0, 0, 0)
        facts.setSpacing(8)
        facts.addWidget(self._title)
        facts.addWidget(self.bars)
        facts.addWidget(self._class_row)
        self._side_row = FormRow("Side Q", self.side, theme=theme, label_width=64)
        facts.addWidget(self._side_row)
        facts.addWidget(self.key)
        facts.addWidget(self._said)
        facts.addStretch(1)
        row = QHBoxLayout(self._look)
        row.setContentsMargins(14, 12, 14, 12)
        row.setSpacing(14)
        row.addWidget(self.view, 1)
        self._facts = QWidget()
        self._facts.setFixedWidth(272)
        self._facts.setLayout(facts)
        row.addWidget(self._facts)
        self._look.setMinimumWidth(14 + 200 + 14 + 272 + 14)
        return self._look

    def _show_pictures(self) -> None:
        row = self._row
        if self._average is not None:
            self._show_changes(self._average)
        elif row is None:
            self._note.set_text("")
            self.strip.set_empty(EMPTY)
            self.strip.set_verdicts(())
            self._enable(has_pictures=False)
        else:
            self._show_row(row)
        if self.strip.current is None:
            self._clear_look()

    def _show_row(self, row: TestRow) -> None:
        wrong, total = counts(row.images)
        self._note.set_text(f"{way(row)}: {wrong:,} of {total:,} wrong, the most certain first")
        self.strip.set_empty(NONE_WRONG if not wrong else "No picture of this kind.")
        shown = [image for image in row.images if self._is_wanted(image)]
        shown.sort(key=lambda image: -image.probability)
        self.strip.set_verdicts([self._verdict(image) for image in shown])
        self._enable(has_pictures=True)

    def _show_changes(self, result: EnsembleResult) -> None:
        gained = self.filter.value() == "gained"
        best = best_member(result).name
        right, wrong = ("the average", best) if gained else (best, "the average")
        self._note.set_text(f"{right[0].upper()}{right[1:]} is right where {wrong} is wrong")
        self.strip.set_empty("None.")
        shown = [
            change for change in (result.gained if gained else result.lost) if self.only.value() in {ANY, change.label}
        ]
        self.strip.set_verdicts([self._change(change, gained=gained) for change in shown])
        self._enable(has_pictures=True)

    def _change(self, change: ImageChange, *, gained: bool) -> Verdict:
        said = class_name(self._classes, change.ensemble)
        other = class_name(self._classes, change.best_member if gained else change.label)
        return Verdict(change.index, gained, said, f"was {other}" if gained else f"is {other}")

    def _enable(self, *, has_pictures: bool) -> None:
        self.filter.setEnabled(has_pictures)
        self.only.setEnabled(has_pictures)

    def _is_wanted(self, image: PerImage) -> bool:
        kind, only = self.filter.value(), self.only.value()
        fits = kind == "all" or image.is_right == (kind == "right")
        return fits and only in {ANY, None, image.label}

    def _verdict(self, image: PerImage) -> Verdict:
        said = class_name(self._classes, image.prediction)
        truth = class_name(self._classes, image.label)
        detail = units.share(image.probability) if image.is_right else f"is {truth}"
        return Verdict(image.index, image.is_right, said, detail)

    def _choose(self, index: int) -> None:
        self._map = None
        picture = self.strip.picture(index)
        self.view.set_picture(picture, self._color_index)
        self._title.set_text(f"Test picture {index:,}")
        self.bars.clear()
        self._set_said("Looking…", "muted")
        self._show_parts(found=False)
        self._ask_map()

    def _ask_map(self) -> None:
        index, side = self.strip.current, self.side.value()
        if index is not None and isinstance(side, int):
            self.look_wished.emit(index, side)

    def _show_class(self, number: int) -> None:
        self.of_class.set_value(number)
        self.bars.set_chosen(number)
        self.view.set_class(number)

    def _set_said(self, sentence: str, ink: str) -> None:
        self._said.set_ink(ink)
        self._said.setText(sentence)

    def _clear_look(self) -> None:
        self._map = None
        self.view.set_picture(None, self._color_index)
        self._title.set_text("")
        self.bars.clear()
        self.view.set_hint(CHOOSE)
        self._set_said("", "muted")
        self._show_parts(found=False)

    def _show_parts(self, *, found: bool) -> None:
        self._class_row.setVisible(found)
        self.key.setVisible(found)
        self._facts.setVisible(self.strip.current is not None)


def _part(side: int, part: tuple[int, int]) -> int:
    return side * part[0] // part[1]
