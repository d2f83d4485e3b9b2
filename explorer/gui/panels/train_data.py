"""The Data section of the Train settings: which pictures, what they look like, whether they fit, and their size."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from explorer.gui.document import ArchDocument
from explorer.gui.icons import pixmap
from explorer.gui.jobs import Jobs
from explorer.gui.models.train_settings_model import TrainSettingsModel
from explorer.gui.panels.data_facts import DataFacts, Fit, fit_of, inspect_data
from explorer.gui.panels.train_form import Section, SettingRow, Thumbnails
from explorer.gui.theme import Theme, ThemeSource
from explorer.gui.widgets import Combo, Label, Segmented, TextButton
from explorer.runs.datasets import DATA_SETS, SMALL_SET, info_of

PICTURE_SIDES = (28, 32, 64, 224)
_JOB = "inspect-data"
_DOWNLOAD = "download-data"


class DataSection(Section):
    """Data set, thumbnails, fit and picture size. Fit and size are edits of the document, undone like all others."""

    facts_changed = Signal(object)  # DataFacts

    def __init__(
        self,
        document: ArchDocument,
        model: TrainSettingsModel,
        jobs: Jobs,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
    ) -> None:
        super().__init__("Data", parent=parent, theme=theme, first=True)
        self._document = document
        self._model = model
        self._jobs = jobs
        self._theme = theme
        self._facts: DataFacts | None = None
        self._fit: Fit | None = None
        self.sets = Combo(
            [(info.name, info.title, info.counts) for info in DATA_SETS.values()], theme=theme, name="Data set"
        )
        self.sets.edited.connect(self._choose)
        self.add_indented(self.sets)
        self.thumbnails = Thumbnails(theme=theme)
        self.add_indented(self.thumbnails)
        self._add_fit_line()
        self._add_buttons()
        self.side = Segmented([(side, str(side)) for side in PICTURE_SIDES], theme=theme, name="Picture size")
        self.side.setToolTip("Height and width that pictures are scaled to: the network's input")
        self.side.edited.connect(self._resize_input)
        self.add(SettingRow("Picture", self.side, theme=theme))
        model.changed.connect(self.refresh)
        document.summary_changed.connect(self._show_fit)
        theme.changed.connect(self._retheme)
        self.refresh()

    @property
    def facts(self) -> DataFacts | None:
        """What is known of the chosen data set; None while it is looked at."""
        return self._facts

    @property
    def fit(self) -> Fit | None:
        """Whether it fits the network."""
        return self._fit

    def refresh(self) -> None:
        """Look at the data set of the recipe if it is another."""
        data = self._model.data
        self.sets.set_value(data.name)
        if self._facts is None or (self._facts.info.name, self._facts.folder) != (data.name, data.folder):
            self._look()
        self._show_fit()

    def choose_folder(self) -> None:
        """Ask for the folder that holds the data set."""
        info = info_of(self._model.data.name)
        start = self._model.data.folder
        folder = QFileDialog.getExistingDirectory(self, f"Folder of {info.title}", start)
        if folder:
            self.use_folder(folder)

    def use_folder(self, folder: str) -> None:
        """Read the data set from `folder`."""
        self._model.set_data(self._model.data.name, folder)

    def download(self) -> None:
        """Fetch the data set, because the user asked for it."""
        name = self._model.data.name

        def fetch() -> str:
            from explorer.engine.data import download

            return str(download(name).folder)

        self._set_fit_text("Downloading… the window stays usable meanwhile.", "info", "info")
        self._download.setEnabled(False)
        self._jobs.run(_DOWNLOAD, fetch, lambda _folder: self._look(), on_error=self._show_problem)

    def use_built_in(self) -> None:
        """Take the small set that travels with the program."""
        self._model.set_data(SMALL_SET)

    def apply_fix(self) -> None:
        """Change the network so that the data fits."""
        if self._fit is not None and self._fit.fixed is not None:
            self._document.edit(self._fit.fixed, self._fit.fix_label)

    def _add_fit_line(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 0, 0)
        row.setSpacing(7)
        self._fit_icon = Label(theme=self._theme)
        self._fit_icon.setFixedWidth(14)
        self._fit_text = Label(theme=self._theme, size_px=12, ink="muted", wrap=True)
        row.addWidget(self._fit_icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._fit_text, 1)
        self.add(row)
        self._fit_look = ("check", "ok")

    def _add_buttons(self) -> None:
        self._fix = TextButton("", "fix", theme=self._theme)
        self._fix.clicked.connect(self.apply_fix)
        self._built_in = TextButton("Use the built-in set", "fix", theme=self._theme)
        self._built_in.clicked.connect(self.use_built_in)
        self._folder = TextButton("Choose folder…", "fix", theme=self._theme)
        self._folder.clicked.connect(self.choose_folder)
        self._download = TextButton("Download", "fix", theme=self._theme)
        self._download.clicked.connect(self.download)
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(12, 0, 0, 0)
        row.setSpacing(6)
        for button in (self._fix, self._folder, self._download, self._built_in):
            row.addWidget(button)
        row.addStretch()
        self.add(self._buttons)

    def _choose(self, name: object) -> None:
        self._model.set_data(str(name))
        if info_of(str(name)).needs_folder:
            self.choose_folder()

    def _look(self) -> None:
        data = self._model.data
        self._facts = None
        self._jobs.run(_JOB, lambda: inspect_data(data.name, data.folder), self._take_facts)

    def _take_facts(self, facts: DataFacts) -> None:
        self._facts = facts
        self.thumbnails.set_pictures(facts.pictures, facts.classes)
        self.sets.set_detail(facts.info.name, facts.counts)
        self._show_fit()
        self.facts_changed.emit(facts)

    def _show_problem(self, sentence: str) -> None:
        if self._facts is not None:
            self._take_facts(replace(self._facts, problem=sentence))

    def _show_fit(self) -> None:
        spec = self._document.spec
        is_square = spec.input.height == spec.input.width
        sides = sorted({*PICTURE_SIDES, spec.input.height} if is_square else PICTURE_SIDES)
        self.side.set_choices([(side, str(side)) for side in sides])
        self.side.set_value(spec.input.height if is_square else None)
        facts = self._facts
        if facts is None:
            self._fit = None
            self._set_fit_text("Looking at the pictures…", "clock", "muted")
            return
        self._fit = fit_of(facts, spec)
        icon, token = ("check", "ok") if self._fit.ok else ("cross-circle", "err")
        self._set_fit_text(self._fit.sentence, icon, token)
        self._fix.set_text(self._fit.fix_label)
        missing = bool(facts.problem)
        self._fix.setVisible(bool(self._fit.fix_label))
        self._folder.setVisible(missing or facts.info.needs_folder)
        self._download.setVisible(missing and facts.info.can_download)
        self._download.setEnabled(True)
        self._built_in.setVisible(missing and not facts.info.can_download)
        self._buttons.setVisible(not self._fit.ok or facts.info.needs_folder)

    def _set_fit_text(self, sentence: str, icon: str, token: str) -> None:
        self._fit_text.setText(sentence)
        self._fit_text.set_ink("err" if token == "err" else "muted")  # noqa: S105 - a colour's name
        self._fit_look = (icon, token)
        self._retheme(self._theme.current)

    def _retheme(self, theme: Theme) -> None:
        icon, token = self._fit_look
        self._fit_icon.setPixmap(pixmap(icon, theme.color(token), 14, self.devicePixelRatioF()))

    def _resize_input(self, side: object) -> None:
        spec = self._document.spec
        assert isinstance(side, int)
        shape = replace(spec.input, height=side, width=side)
        self._document.edit(replace(spec, input=shape), f"Input {side} × {side}")
