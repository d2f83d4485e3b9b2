"""The main window: makes the panels, the actions and what connects them; it has no behaviour of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from explorer.arch.presets import starter
from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError
from explorer.gui.actions import Actions, with_keys
from explorer.gui.appearance import Appearance
from explorer.gui.block_actions import BlockActions
from explorer.gui.document import ArchDocument
from explorer.gui.files import DocumentFiles
from explorer.gui.focus_ring import FocusRing
from explorer.gui.icons import app_icon
from explorer.gui.notifier import Notifier
from explorer.gui.panels.design_page import SIDE_WIDTH, DesignPage
from explorer.gui.panels.header import Header
from explorer.gui.panels.rail import Rail
from explorer.gui.recovery import RecoveryFile
from explorer.gui.sample import InputSample
from explorer.gui.theme import ThemeSource
from explorer.gui.training_home import TrainingHome
from explorer.gui.window_commands import WindowCommands
from explorer.gui.window_state import restore_geometry, save_geometry
from explorer.settings import SettingsStore

if TYPE_CHECKING:
    from explorer.gui.compare_home import CompareHome
    from explorer.gui.exporting import Exporter
    from explorer.gui.inspect_home import InspectHome
    from explorer.gui.menus import Menus

TITLE = "Conv-Arch Explorer"
MIN_WIDTH, MIN_HEIGHT = 1100, 700
SAVE_SETTINGS_AFTER_MS = 800
REFRESH_ACTIONS_AFTER_MS = 30
PAGES = (
    ("design", "Design", "design"),
    ("train", "Train", "train"),
    ("inspect", "Inspect", "inspect"),
    ("compare", "Compare", "compare"),
)


class MainWindow(QMainWindow):
    """One document, its views, and the pages of `PAGES`. `first_painted` is emitted once."""

    first_painted = Signal()

    def __init__(self, settings: SettingsStore, appearance: Appearance, *, store_folder: Path) -> None:
        super().__init__()
        self.settings = settings
        self.appearance = appearance
        self.theme: ThemeSource = appearance.theme
        self._is_painted = False
        self.document = ArchDocument(starter().spec, self)
        recovery = RecoveryFile(settings.path.parent / "unsaved")
        self.files = DocumentFiles(self.document, settings, self, recovery)
        self.blocks = BlockActions(self.document, self)
        self.actions_ = Actions(self, theme=self.theme)
        self.training = TrainingHome(self.document, self.theme, settings, store_folder, self)
        self._inspecting: InspectHome | None = None
        self._comparing: CompareHome | None = None
        self._exporter: Exporter | None = None
        self._menus: Menus | None = None
        self._page_makers: dict[str, Callable[[], QWidget]] = {
            "design": lambda: self.design,
            "train": lambda: self.training.page,
            "inspect": lambda: self.inspecting.page,
            "compare": lambda: self.comparing.page,
        }
        self._make_panels()
        self.commands = WindowCommands(self)
        # Which actions are possible is asked of every one of them: after the frame, not before it.
        self._actions_soon = QTimer(self)
        self._actions_soon.setSingleShot(True)
        self._actions_soon.setInterval(REFRESH_ACTIONS_AFTER_MS)
        self._actions_soon.timeout.connect(self._refresh_actions)
        self._save_soon = QTimer(self)
        self._save_soon.setSingleShot(True)
        self._save_soon.setInterval(SAVE_SETTINGS_AFTER_MS)
        self._save_soon.timeout.connect(self._save_settings)
        self._connect_document()
        self._connect_panels()
        self._connect_actions()
        self._begin()

    @property
    def exporter(self) -> Exporter:
        """Writes reports, tables, pictures and code; made when it is first wanted."""
        if self._exporter is None:
            from explorer.gui.exporting import Exporter

            self._exporter = Exporter(self, summary=lambda: self.document.summary, runs=self.training.shown_runs)
            self._exporter.compared = self.comparing.compared
            self._exporter.exported.connect(self.commands.tell_exported)
            self._exporter.failed.connect(lambda sentence: self.notifier.notify(sentence, "err", key="export"))
        return self._exporter

    @property
    def inspecting(self) -> InspectHome:
        """The page Inspect and its tests; made when it is first wanted."""
        if self._inspecting is None:
            from explorer.gui.inspect_home import InspectHome

            self._inspecting = InspectHome(self.training, self.theme, self)
            self._inspecting.page_made.connect(self.pages.addWidget)
            self._inspecting.train_wished.connect(lambda: self.show_page("train"))
        return self._inspecting

    @property
    def comparing(self) -> CompareHome:
        """The page Compare and its queue of runs; made when it is first wanted."""
        if self._comparing is None:
            from explorer.gui.compare_home import CompareHome

            self._comparing = CompareHome(self.document, self.training, self.theme, self.files.recent, self)
            self._comparing.page_made.connect(self.pages.addWidget)
            self._comparing.design_wished.connect(lambda: self.show_page("design"))
            self._comparing.notice.connect(self.notifier.notify)
            self._comparing.exported.connect(self.commands.tell_exported)
        return self._comparing

    @property
    def page_keys(self) -> tuple[str, ...]:
        """The key of every page, in the order of the rail."""
        return tuple(key for key, _label, _icon in PAGES)

    @property
    def menus(self) -> Menus:
        """All menus; made when one is first opened."""
        if self._menus is None:
            from explorer.gui.menus import Menus

            self._menus = Menus(self, self.actions_, self.files, self.exporter.menu(self))
        return self._menus

    def show_page(self, key: str) -> None:
        """Open the page `key` of `PAGES`; all but the first are made when they are first wanted."""
        self.pages.setCurrentWidget(self._page_makers[key]())
        self.rail.set_page(key)
        self.header.set_page(key)
        self.training.set_seen(key == "train")
        for page, _label, _icon in PAGES:
            self.actions_[f"page_{page}"].setChecked(page == key)
        self.remember(page=key)

    def prepare_training(self) -> None:
        """Begin to load torch and the code of the page Train, behind the window."""
        self.training.loader.start()

    def open_paths(self, paths: Sequence[str]) -> None:
        """Open the first of `paths`; one window shows one network."""
        if paths and self.files.open_path(Path(paths[0])):
            self.show_page("design")

    def remember(self, **changes: Any) -> None:
        """Keep settings for the next start; they are written a little later."""
        self.settings.update(**changes)
        self._save_soon.start()

    def reset_layout(self) -> None:
        """Part the areas as at first."""
        self.remember(side_width=SIDE_WIDTH, diagram_height=0)
        self.design.set_sizes(SIDE_WIDTH, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Notice the first frame."""
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            QTimer.singleShot(0, self.first_painted.emit)

    def showEvent(self, event: QShowEvent) -> None:
        """Let the focus ring hear the keys."""
        super().showEvent(event)
        self._ring.watch()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files and texts."""
        if event.mimeData().hasUrls() or event.mimeData().hasText():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the file that is dropped, or read the text as a conv_arch."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.open_paths(paths)
        elif event.mimeData().hasText():
            self.files.take_text(event.mimeData().text())
        event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask while a run goes on; end everything in order."""
        if self.training.is_live and not self.commands.may_stop_run():
            event.ignore()
            return
        save_geometry(self, self.settings)
        self._remember_layout()
        self._save_settings()
        self.files.close()
        for home in (self._inspecting, self._comparing):
            if home is not None:
                home.close()
        self.training.close()
        event.accept()

    def _make_panels(self) -> None:
        self.setWindowIcon(app_icon())
        self.setMinimumSize(MIN_WIDTH, MIN_HEIGHT)
        self.setAcceptDrops(True)
        self.rail = Rail(PAGES, self.theme)
        self.header = Header(self.theme)
        self.notifier = Notifier(self.theme)
        self.design = DesignPage(self.theme)
        self.sample = InputSample(self.design.diagram)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.design)
        body = QVBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.header)
        body.addWidget(self.notifier)
        body.addWidget(self.pages, 1)
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(body, 1)
        self.setCentralWidget(central)
        self._ring = FocusRing(self, theme=self.theme)

    def _connect_document(self) -> None:
        document, stack = self.document, self.document.undo_stack
        document.summary_changed.connect(self.design.set_summary)
        document.summary_changed.connect(self.header.set_summary)
        document.summary_changed.connect(_lay_out_now)
        document.summary_changed.connect(lambda _summary: self._actions_soon.start())
        document.selection_changed.connect(self.design.set_selection)
        document.selection_changed.connect(lambda _names: self._actions_soon.start())
        stack.indexChanged.connect(self._name_steps)
        self.files.changed.connect(self._show_source)
        self.files.failed.connect(lambda sentence: self.notifier.notify(sentence, "err", key="file"))
        self.files.opened.connect(
            lambda sentence: self.notifier.notify(sentence, "info", [("Undo", stack.undo)], key="opened")
        )
        self.files.read.connect(self.commands.tell_read)
        self.blocks.refused.connect(lambda sentence: self.notifier.notify(sentence, "info", key="block"))

    def _connect_panels(self) -> None:
        design, commands, stack = self.design, self.commands, self.document.undo_stack
        design.edited.connect(self._edit)
        design.selected.connect(lambda names: self.document.select(*names))
        design.layout_changed.connect(self._remember_layout)
        design.arch_bar.text_state_changed.connect(lambda ok: design.diagram.set_stale(not ok))
        design.arch_bar.notation_changed.connect(lambda notation: self.remember(notation=notation))
        design.arch_bar.undo_wished.connect(stack.undo)
        design.arch_bar.redo_wished.connect(stack.redo)
        design.diagram.refused.connect(self.blocks.refused)
        design.diagram.preview.connect(self.header.preview)
        design.inspector.duplicate_wished.connect(lambda: self.blocks.do("duplicate"))
        design.inspector.delete_wished.connect(lambda: self.blocks.do("delete"))
        design.table.csv_wished.connect(lambda: self.exporter.export("csv"))
        design.table.insert_wished.connect(lambda: self.blocks.do("insert"))
        design.table.copied.connect(lambda: self.notifier.notify("The layer table is on the clipboard.", "ok"))
        design.findings.init_wished.connect(lambda init: self.training.set_recipe(init=init))
        design.findings.batch_wished.connect(lambda size: self.training.set_recipe(batch_size=size))
        self.header.renamed.connect(commands.rename)
        self.header.findings_wished.connect(commands.show_findings)
        self.header.presets_wished.connect(commands.show_presets)
        self.header.export_wished.connect(commands.show_export)
        self.header.train_wished.connect(lambda: self.show_page("train"))
        self.rail.page_wished.connect(self.show_page)
        self.rail.menu_wished.connect(commands.show_menu)
        self.rail.settings_wished.connect(commands.show_settings)
        self.training.page_made.connect(self.pages.addWidget)
        self.training.mark_changed.connect(lambda mark, progress: self.rail.set_mark("train", mark, progress))
        self.training.notice.connect(self.notifier.notify)
        self.training.pictures_changed.connect(self.sample.set_pictures)
        self.training.design_wished.connect(lambda: self.show_page("design"))
        self.training.compare_wished.connect(commands.compare_runs)
        self.training.inspect_wished.connect(self._inspect)

    def _connect_actions(self) -> None:
        for name, handle in self.commands.handlers().items():
            self.actions_[name].triggered.connect(lambda _checked=False, handle=handle: handle())
        self.header.bind(self.actions_["undo"], self.actions_["redo"])
        for key, label, _icon in PAGES:
            self.rail.set_tooltip(key, with_keys(label, self.actions_[f"page_{key}"]))
        self.rail.settings_button.set_tooltip(with_keys("Settings", self.actions_["settings"]))
        self._name_steps()

    def _begin(self) -> None:
        settings = self.settings.current
        restore_geometry(self, self.settings)
        self.design.arch_bar.set_notation(settings.notation)
        self.design.table.set_folded_parts(settings.blocks_folded)
        self.training.announce_recipe()
        restored = self.files.begin()
        self.design.side.setVisible(settings.side_shown)
        self.actions_["show_side"].setChecked(settings.side_shown)
        self.training.use_data_folder(settings.data_folder)
        self.page_at_start = settings.page
        self.show_page("design")
        self.design.resize(self.width() - self.rail.width(), self.height() - self.header.height())
        self.design.set_sizes(settings.side_width, settings.diagram_height)
        if settings.zoom:
            self.design.diagram.canvas.set_zoom(settings.zoom)
        if restored:
            discard = [("Discard", self.files.discard_edits), ("Keep", _nothing)]
            self.notifier.notify(f"Restored unsaved edits of {restored}.", "info", discard, key="restored")
        if self.settings.notice:
            self.notifier.notify(self.settings.notice, "warn")

    def _edit(self, spec: NetworkSpec, text: str, merge_key: str) -> None:
        self.document.edit(spec, text, merge_key=merge_key)

    def _inspect(self, run_id: int) -> None:
        self.show_page("inspect")
        self.inspecting.page.inspect(run_id)

    def _refresh_actions(self) -> None:
        for name in self.blocks.names():
            self.actions_[name].setEnabled(self.blocks.can(name))
        has_findings = bool(self.document.summary.findings)
        for name in ("next_finding", "previous_finding", "apply_fix"):
            self.actions_[name].setEnabled(has_findings)

    def _name_steps(self, index: int = 0) -> None:
        del index
        stack = self.document.undo_stack
        steps = (
            ("undo", "Undo", stack.canUndo(), stack.undoText()),
            ("redo", "Redo", stack.canRedo(), stack.redoText()),
        )
        for name, word, possible, step in steps:
            text = f"{word}: {step}" if possible and step else word
            self.actions_[name].setEnabled(possible)
            self.actions_.set_text(name, text, text)

    def _show_source(self) -> None:
        self.header.set_source(self.files.source_line())
        # Each of these reaches the window system, and an edit seldom changes one.
        title = f"{self.document.spec.name}[*] \u2013 {TITLE}"
        if title != self.windowTitle():
            self.setWindowTitle(title)
        if self.files.is_modified != self.isWindowModified():
            self.setWindowModified(self.files.is_modified)
        path = str(self.files.path) if self.files.path is not None else ""
        if path != self.windowFilePath():
            self.setWindowFilePath(path)

    def _remember_layout(self) -> None:
        self.remember(
            side_width=self.design.side_width(),
            diagram_height=self.design.diagram_height(),
            blocks_folded=self.design.table.folded_parts(),
            train=self.training.state(),
            zoom=self.design.diagram.canvas.viewport.zoom or 0.0,
        )

    def _save_settings(self) -> None:
        self._save_soon.stop()
        try:
            self.settings.save()
        except ExplorerError as error:
            self.notifier.notify(str(error), "warn", key="settings")


def _lay_out_now() -> None:
    """Lay out what the new numbers made longer or shorter: after the next frame it would be painted twice."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)


def _nothing() -> None:
    """A button that only takes its message away."""
