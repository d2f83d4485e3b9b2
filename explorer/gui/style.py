"""One look for everything that Qt draws itself: Fusion, a full palette and one style sheet made of the theme."""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from explorer.gui.fonts import ui_font
from explorer.gui.theme import Theme
from explorer.gui.widgets.painting import blend
from explorer.resources import resource_path

_ROLES = {
    QPalette.ColorRole.Window: "window",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "field",
    QPalette.ColorRole.AlternateBase: "hover",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "muted",
    QPalette.ColorRole.Button: "raised",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "err",
    QPalette.ColorRole.ToolTipBase: "raised",
    QPalette.ColorRole.ToolTipText: "text",
    QPalette.ColorRole.Highlight: "soft",
    QPalette.ColorRole.HighlightedText: "text",
    QPalette.ColorRole.Link: "accent",
    QPalette.ColorRole.LinkVisited: "accent",
    QPalette.ColorRole.Light: "raised",
    QPalette.ColorRole.Midlight: "hover",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "line2",
    QPalette.ColorRole.Shadow: "line2",
    QPalette.ColorRole.Accent: "accent",
}
_FADED = (
    QPalette.ColorRole.WindowText,
    QPalette.ColorRole.Text,
    QPalette.ColorRole.ButtonText,
    QPalette.ColorRole.HighlightedText,
)

_SHEET = Template(
    """
QToolTip { background: $raised; color: $text; border: 1px solid $line2; padding: 5px 8px; }
QMenu { background: $raised; color: $text; border: 1px solid $line; padding: 5px; }
QMenu::item { min-height: 28px; padding: 0 26px 0 10px; margin: 0 1px; border-radius: 5px; }
QMenu::item:selected { background: $soft; }
QMenu::item:disabled { color: $faint; background: transparent; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: $line; margin: 5px 8px; }
QMenu::indicator { width: 14px; height: 14px; padding-left: 8px; }
QMenu::indicator:checked { image: url("$check"); }
QMenu::right-arrow { width: 12px; height: 12px; image: url("$chevron_right"); }
QMenuBar { background: $panel; color: $text; border-bottom: 1px solid $line; padding: 1px 8px; }
QMenuBar::item { padding: 5px 10px; border-radius: 5px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox {
  background: $field; color: $text; border: 1px solid $line2; border-radius: 6px; padding: 4px 8px;
  selection-background-color: $select; selection-color: $text;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus {
  border: 2px solid $accent; padding: 3px 7px;
}
QLineEdit:disabled { color: $faint; border-color: $line; }
QLineEdit[role="bare"], QPlainTextEdit[role="bare"], QTextEdit[role="bare"] {
  background: transparent; border: none; padding: 0;
}
QLineEdit[role="inplace"] { border: 2px solid $accent; border-radius: 5px; padding: 0 2px; }
.QPushButton {
  background: $raised; color: $text; border: 1px solid $line2; border-radius: 6px; padding: 0 14px;
  min-height: 30px; min-width: 56px; font-weight: 600;
}
.QPushButton:hover { background: $hover; }
.QPushButton:pressed { background: $soft; }
.QPushButton:focus { border: 2px solid $accent; padding: 0 13px; }
.QPushButton:default { background: $accentFill; color: $onAccent; border: 1px solid $accentFill; }
.QPushButton:disabled { color: $faint; border-color: $line; background: $hover; }
.QToolButton { background: transparent; border: none; border-radius: 6px; padding: 4px; color: $text; }
.QToolButton:hover { background: $hover; }
.QToolButton:pressed, .QToolButton:checked { background: $soft; }
.QComboBox {
  background: $field; color: $text; border: 1px solid $line2; border-radius: 6px; padding: 4px 8px; min-height: 22px;
}
.QComboBox:focus { border: 2px solid $accent; padding: 3px 7px; }
QComboBox::drop-down { border: none; width: 24px; }
QComboBox::down-arrow { image: url("$chevron_down"); width: 14px; height: 14px; }
QComboBoxPrivateContainer { background: $raised; border: 1px solid $line; }
QComboBox QAbstractItemView {
  background: $raised; color: $text; border: 1px solid $line; padding: 3px 0; outline: none;
  selection-background-color: $soft; selection-color: $text;
}
QAbstractItemView {
  background: $panel; color: $text; border: none; outline: none; alternate-background-color: $hover;
  selection-background-color: $soft; selection-color: $text;
}
QDialog QAbstractItemView { border: 1px solid $line; border-radius: 6px; background: $field; }
QHeaderView, QHeaderView::section { background: $panel; color: $muted; border: none; }
QHeaderView::section { border-bottom: 1px solid $line; padding: 4px 8px; }
QScrollArea, QAbstractScrollArea { border: none; background: transparent; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 2px; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 2px; }
QScrollBar::handle { background: $thumb; border-radius: 3px; }
QScrollBar::handle:vertical { min-height: 36px; }
QScrollBar::handle:horizontal { min-width: 36px; }
QScrollBar::handle:hover { background: $line2; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: $line; }
QSplitter::handle:hover, QSplitter::handle:focus { background: $accent; }
QCheckBox, QRadioButton { color: $text; spacing: 8px; min-height: 24px; }
QCheckBox::indicator, QRadioButton::indicator { width: 16px; height: 16px; }
QCheckBox::indicator { border: 1px solid $line2; border-radius: 4px; background: $field; }
QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox::indicator:checked { background: $accentFill; border-color: $accentFill; image: url("$check_on"); }
QCheckBox:disabled, QRadioButton:disabled { color: $faint; }
QSlider { min-height: 24px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $track; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal {
  width: 12px; height: 12px; margin: -6px 0; border-radius: 8px; border: 2px solid $accent; background: $panel;
}
QSlider::handle:horizontal:focus { background: $soft; }
QProgressBar { background: $track; border: none; border-radius: 3px; max-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
QDialog, QMessageBox { background: $panel; }
QMessageBox QLabel { color: $text; min-height: 20px; }
QStatusBar { background: $panel; color: $muted; }
"""
)


def palette(theme: Theme) -> QPalette:
    """Every colour role in the tokens of `theme`."""
    made = QPalette()
    for role, token in _ROLES.items():
        made.setColor(role, theme.color(token))
    for role in _FADED:
        made.setColor(QPalette.ColorGroup.Disabled, role, theme.color("faint"))
    made.setColor(QPalette.ColorRole.Highlight, selection_color(theme))
    return made


def selection_color(theme: Theme) -> QColor:
    """The ground of selected text: stronger than `soft`, so that it is seen inside a selected block."""
    return blend(theme.color("soft"), theme.color("accent"), 0.22)


def style_sheet(theme: Theme) -> str:
    """The style sheet in the colours of `theme`."""
    names = dict(theme.tokens)
    for key, stem in (("check", "check"), ("chevron_down", "chevron-down"), ("chevron_right", "chevron-right")):
        names[key] = _tinted(stem, theme)
    names["check_on"] = _tinted("check", theme, on_accent=True)
    names["select"] = selection_color(theme).name()
    names["thumb"] = blend(theme.color("line"), theme.color("line2"), 0.35).name()
    names["track"] = theme.hex("line")
    return _SHEET.substitute(names)


def apply_style(app: QApplication, theme: Theme) -> None:
    """Give the whole application the look of `theme`."""
    apply_palette(app, theme)
    app.setStyleSheet(style_sheet(theme))


def apply_palette(app: QApplication, theme: Theme) -> None:
    """The part of the look that costs nothing while a window is built: Fusion, fonts and colours."""
    if app.style().name().casefold() != "fusion":
        app.setStyle(QStyleFactory.create("Fusion"))
    app.setFont(ui_font(13))
    app.setPalette(palette(theme))


def _tinted(stem: str, theme: Theme, *, on_accent: bool = False) -> str:
    """The path of the icon drawn for style sheets, which take pictures only as files."""
    suffix = "on" if on_accent else theme.name
    path: Path = resource_path("icons", "sheet", f"{stem}-{suffix}.svg")
    return path.as_posix()
