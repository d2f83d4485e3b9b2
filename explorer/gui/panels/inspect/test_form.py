"""TestForm: which ways of testing are compared: crops, sides Q, the mirrored picture, and how many pictures."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QWidget

from explorer.errors import ConfigError
from explorer.gui.fonts import ui_font
from explorer.gui.panels.inspect.texts import CROP_TIPS, paper_sides, sides_from
from explorer.gui.panels.train_form import Section, SettingRow
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Combo, Field, Segmented, TextButton
from explorer.runs.testing import CROP_TITLES, CROPS, CropName, TestPlan

_LIMITS = (0, 1000, 250)


class TestForm(Section):
    """The plan of the next test. `plan` is None while something in it cannot be used; `obstacle` then says what."""

    __test__ = False  # no test of pytest's

    changed = Signal()

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("Testing", parent=parent, theme=theme)
        self._side = 32
        self._num_images = 0
        chosen = TestPlan().crops
        self.boxes: dict[CropName, QCheckBox] = {}
        for crop in CROPS:
            box = QCheckBox(CROP_TITLES[crop])
            box.setFont(ui_font(13))
            box.setToolTip(CROP_TIPS[crop])
            box.setAccessibleDescription(CROP_TIPS[crop])
            box.setChecked(crop in chosen)
            box.toggled.connect(lambda _on: self.changed.emit())
            self.boxes[crop] = box
            self.add_indented(box)
        self.sides = Field(theme=theme, name="Sides Q", placeholder="32")
        self.sides.setToolTip(
            "The shorter side Q of the rescaled test picture; several give a row each, and one for their average"
        )
        self.sides.edited.connect(self._check_sides)
        self.add(SettingRow("Sides Q", self.sides, theme=theme))
        self.paper = TextButton("", "link", theme=theme)
        self.paper.setToolTip("The sides stand to the crop as 224, 256 and 288 stand to 224 in the paper")
        self.paper.clicked.connect(self._use_paper_sides)
        link = QHBoxLayout()
        link.setContentsMargins(94, 0, 0, 0)
        link.addWidget(self.paper)
        link.addStretch()
        self.add(link)
        self.mirror = Segmented([(False, "No"), (True, "Yes")], theme=theme, name="Mirror")
        self.mirror.setToolTip(
            "Dense: average each picture with its mirror image, as the paper does; the 50 crops always do"
        )
        self.mirror.set_value(TestPlan().flip)
        self.mirror.edited.connect(lambda _value: self.changed.emit())
        self.add(SettingRow("Mirror", self.mirror, theme=theme))
        self.limit = Combo([(limit, _limit_text(limit)) for limit in _LIMITS], theme=theme, name="Pictures")
        self.limit.setToolTip("50 crops cost 50 times a single one: the first pictures alone give a quick answer")
        self.limit.set_value(0)
        self.limit.edited.connect(lambda _value: self.changed.emit())
        self.add(SettingRow("Pictures", self.limit, theme=theme))
        self.set_run(32, 0)

    @property
    def plan(self) -> TestPlan | None:
        """What would be tested; None while that cannot be said."""
        try:
            return self._plan()
        except ConfigError:
            return None

    @property
    def obstacle(self) -> str:
        """Why there is no plan; empty where there is one."""
        try:
            self._plan()
        except ConfigError as error:
            return str(error) if any(box.isChecked() for box in self.boxes.values()) else "Tick a way of testing."
        return ""

    def set_run(self, side: int, num_images: int) -> None:
        """Know the run: the side that it was tested at while it learned, and how many test pictures there are."""
        self._side, self._num_images = side, num_images
        self.sides.line.setPlaceholderText(str(side))
        wanted = ", ".join(map(str, paper_sides(side)))
        self.paper.set_text(f"As the paper: {wanted}")
        self.paper.setVisible(len(paper_sides(side)) > 1)

    def set_running(self, running: bool) -> None:
        """Take no changes while a test goes on."""
        for widget in (*self.boxes.values(), self.sides, self.paper, self.mirror, self.limit):
            widget.setEnabled(not running)

    def _plan(self) -> TestPlan:
        crops = tuple(crop for crop, box in self.boxes.items() if box.isChecked())
        limit = self.limit.value()
        assert limit is None or isinstance(limit, int)
        return TestPlan(crops, sides_from(self.sides.text()), bool(self.mirror.value()), limit or None)

    def _check_sides(self, text: str) -> None:
        try:
            sides_from(text)
            TestPlan(sides=sides_from(text))
        except ConfigError as error:
            self.sides.set_error(str(error))
        else:
            self.sides.set_error("")
        self.changed.emit()

    def _use_paper_sides(self) -> None:
        self.sides.set_text(", ".join(map(str, paper_sides(self._side))))
        self.sides.set_error("")
        self.changed.emit()


def _limit_text(limit: int) -> str:
    return f"First {limit:,}" if limit else "All"


def title_row(*widgets: QWidget, margins: tuple[int, int, int, int] = (14, 0, 10, 0)) -> QWidget:
    """A row of 40 px: the title of a card, and what stands beside it; the last but the first are at the right."""
    bar = QWidget()
    bar.setFixedHeight(40)
    row = QHBoxLayout(bar)
    row.setContentsMargins(*margins)
    row.setSpacing(8)
    for number, widget in enumerate(widgets):
        row.addWidget(widget, 1 if number == 1 else 0, Qt.AlignmentFlag.AlignVCenter)
    return bar
