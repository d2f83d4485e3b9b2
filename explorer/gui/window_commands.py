"""What the window's actions do beyond the document: popups, pages, questions, messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from explorer.errors import ExplorerError

if TYPE_CHECKING:
    from explorer.analysis.summary import Fix
    from explorer.gui.main_window import MainWindow
    from explorer.gui.panels.paste_popup import PastePopup
    from explorer.gui.panels.presets_popup import PresetsPopup
    from explorer.gui.panels.settings_popup import SettingsPopup
    from explorer.gui.pasting import Reading


class WindowCommands(QObject):
    """Each public method is one action or one wish of a panel."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._presets: PresetsPopup | None = None
        self._paste: PastePopup | None = None
        self._settings_popup: SettingsPopup | None = None

    def handlers(self) -> Mapping[str, Callable[[], object]]:
        """What each action of the table does, by its name."""
        window = self._window
        stack, blocks, files = window.document.undo_stack, window.blocks, window.files
        canvas, findings = window.design.diagram.canvas, window.design.findings
        found: dict[str, Callable[[], object]] = {
            "new": files.new,
            "presets": self.show_presets,
            "open": files.ask_and_open,
            "save": self.save,
            "save_as": files.ask_and_save,
            "export": self.show_export,
            "quit": window.close,
            "undo": stack.undo,
            "redo": stack.redo,
            "paste_arch": lambda: files.take_text(QGuiApplication.clipboard().text()),
            "paste_code": self.show_paste,
            "rename": window.header.name.begin_edit,
            "edit_text": self.edit_text,
            "next_finding": lambda: self._on_design(findings.next_finding),
            "previous_finding": lambda: self._on_design(findings.previous_finding),
            "apply_fix": findings.apply_current_fix,
            "next_block": lambda: blocks.go(1),
            "previous_block": lambda: blocks.go(-1),
            "first_block": lambda: blocks.go_to_end(last=False),
            "last_block": lambda: blocks.go_to_end(last=True),
            "into_layers": blocks.go_in,
            "out_of_layers": blocks.go_out,
            "clear_selection": window.document.select,
            "zoom_in": lambda: canvas.zoom_by(1),
            "zoom_out": lambda: canvas.zoom_by(-1),
            "zoom_fit": lambda: canvas.set_zoom(None),
            "zoom_selection": lambda: canvas.fit_parts(frozenset(window.blocks.selected_parts())),
            "show_side": self.toggle_side,
            "full_screen": self.toggle_full_screen,
            "settings": self.show_settings,
            "shortcuts": self.show_shortcuts,
            "about": self.show_about,
            "menu": self.show_menu,
            "run_start": self.start_run,
            "run_pause": self.pause_run,
            "run_stop": self.stop_run,
        }
        for name in blocks.names():
            found[name] = partial(blocks.do, name)
        for page in window.page_keys:
            found[f"page_{page}"] = partial(window.show_page, page)
        return found

    def show_presets(self) -> None:
        """Open the list of presets under its button."""
        window = self._window
        if self._presets is None:
            from explorer.gui.panels.presets_popup import PresetsPopup

            self._presets = PresetsPopup(window.theme, window)
            self._presets.chosen.connect(window.files.open_preset)
        self._presets.open_under(window.header.presets)

    def show_paste(self) -> None:
        """Open the text on the clipboard beside what is made of it."""
        text = QGuiApplication.clipboard().text()
        self._paste_popup().open_with(text, self._window)

    def tell_read(self, reading: Reading, text: str) -> None:
        """Say what was made of a pasted or opened text; the layer that it speaks of is selected."""
        window = self._window
        window.show_page("design")
        document = window.document
        if reading.explanation is not None:
            found = reading.explanation
            document.select(*([found.node] if found.node else []))
            fixes = [(found.fix.label, partial(self._apply_fix, found.fix))] if found.fix is not None else []
            window.notifier.notify(found.sentence, "warn", fixes, key="paste")
            return
        noted = next((note for note in reading.notes if note.fixes or note.node), None)
        buttons: list[tuple[str, Callable[[], object]]] = []
        if noted is not None:
            document.select(*([noted.node] if noted.node else []))
            buttons += [(fix.label, partial(self._apply_fix, fix)) for fix in noted.fixes[:1]]
        if reading.notes:
            buttons = [("Show lines", partial(self.show_lines, reading, text)), *buttons]
        if len(buttons) < 2:
            buttons.append(("Undo", document.undo_stack.undo))
        sentence = f"{reading.sentence} {noted.sentence}" if noted is not None else reading.sentence
        window.notifier.notify(sentence, "warn" if reading.notes else "ok", buttons, key="paste")

    def show_lines(self, reading: Reading, text: str) -> None:
        """Open the text that was read, with what is to be said of its lines."""
        shown = reading.imported.text if reading.imported is not None else text
        self._paste_popup().open_with(shown, self._window, reading=reading)

    def _paste_popup(self) -> PastePopup:
        if self._paste is None:
            from explorer.gui.panels.paste_popup import PastePopup

            window = self._window
            self._paste = PastePopup(window.theme, window, spec=lambda: window.document.spec)
            self._paste.taken.connect(window.files.take_text)
            self._paste.fix_wished.connect(self._apply_fix)
        return self._paste

    def _apply_fix(self, fix: Fix) -> None:
        if fix.spec is not None:
            self._window.document.edit(fix.spec, fix.label)
            self._window.notifier.dismiss("paste")

    def show_export(self) -> None:
        """Open the Export menu under its button."""
        button = self._window.header.export
        menu = self._window.menus.export
        corner = button.mapToGlobal(QPoint(button.width() - menu.sizeHint().width(), button.height() + 6))
        menu.popup(corner)

    def show_menu(self) -> None:
        """Open the menu beside the program's sign."""
        sign = self._window.rail.sign
        self._window.menus.all.popup(sign.mapToGlobal(QPoint(sign.width() + 8, 4)))

    def show_settings(self) -> None:
        """Open the settings beside their button."""
        window = self._window
        if self._settings_popup is None:
            from explorer.gui.panels.settings_popup import SettingsPopup

            popup = SettingsPopup(
                window.theme,
                window,
                config_folder=window.settings.path.parent,
                data_folder=window.training.store_folder,
            )
            popup.theme_wished.connect(self.choose_theme)
            popup.data_folder_wished.connect(self.choose_data_folder)
            popup.layout_reset_wished.connect(window.reset_layout)
            self._settings_popup = popup
        self._settings_popup.set_settings(window.settings.current)
        self._settings_popup.show_beside(window.rail.settings_button)

    def show_shortcuts(self) -> None:
        """Show every key in one list."""
        from explorer.gui.panels.shortcuts_popup import ShortcutsPopup, show_centred

        show_centred(ShortcutsPopup(self._window.actions_, self._window.theme, self._window), self._window)

    def show_about(self) -> None:
        """Show the versions and licences."""
        from explorer.gui.panels.shortcuts_popup import AboutPopup, show_centred

        show_centred(AboutPopup(self._window.theme, self._window), self._window)

    def choose_theme(self, choice: str) -> None:
        """Use the theme `choice` from now on."""
        self._window.appearance.choose(choice)
        self._window.remember(theme=choice)

    def choose_data_folder(self, folder: str) -> None:
        """Look for data sets in `folder` from now on."""
        self._window.remember(data_folder=folder)
        self._window.training.use_data_folder(folder)
        if self._settings_popup is not None:
            self._settings_popup.set_settings(self._window.settings.current)

    def save(self) -> None:
        """Save and say so."""
        window = self._window
        if window.files.save() and window.files.path is not None:
            window.notifier.notify(f"Saved as {window.files.path.name}.", "ok", key="file")

    def edit_text(self) -> None:
        """Put the caret into the conv_arch text."""
        self._window.show_page("design")
        self._window.design.arch_bar.focus_field()

    def rename(self, name: str) -> None:
        """Give the network another name, as one undoable step."""
        document = self._window.document
        try:
            document.edit(replace(document.spec, name=name), f"Name {name}")
        except ExplorerError as error:
            self._window.notifier.notify(str(error), "err", key="name")

    def show_findings(self) -> None:
        """Bring the findings into view."""
        window = self._window
        window.show_page("design")
        if not window.design.side.isVisible():
            self.toggle_side()
        window.design.side.ensureWidgetVisible(window.design.findings, 0, 40)
        window.design.findings.next_finding()

    def toggle_side(self) -> None:
        """Show the inspector and findings, or hide them."""
        window = self._window
        shown = window.design.side.isHidden()
        window.design.side.setVisible(shown)
        window.actions_["show_side"].setChecked(shown)
        window.remember(side_shown=shown)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or be a window again."""
        window = self._window
        window.showNormal() if window.isFullScreen() else window.showFullScreen()
        window.actions_["full_screen"].setChecked(window.isFullScreen())

    def start_run(self) -> None:
        """Open the page Train and start, or let a paused run go on."""
        self._window.show_page("train")
        self._window.training.page.start_or_continue()

    def compare_runs(self, run_ids: tuple[int, ...]) -> None:
        """Open the page Compare with these runs."""
        self._window.show_page("compare")
        self._window.comparing.page.compare_runs(run_ids)

    def pause_run(self) -> None:
        """Let the run wait."""
        self._window.training.page.pause()

    def stop_run(self) -> None:
        """End the run and keep its result."""
        self._window.training.page.stop()

    def tell_exported(self, path: Path) -> None:
        """Say where the export lies."""

        def show_folder() -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))

        def open_file() -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

        buttons = [("Open", open_file), ("Show folder", show_folder)]
        self._window.notifier.notify(f"{path.name} is written.", "ok", buttons, key="export")

    def may_stop_run(self) -> bool:
        """Ask whether the run that goes on may be stopped."""
        from explorer.gui.ask import Question

        window = self._window
        sentence = (
            f"A run is at {window.training.progress:.0%}. Stopping keeps its weights and it can be continued."
        ).replace("%", "\u2009%")
        question = Question(
            "Close while training", sentence, "Stop and close", "Keep training", window, theme=window.theme
        )
        return bool(question.exec())

    def _on_design(self, act: Callable[[], object]) -> None:
        self._window.show_page("design")
        act()
