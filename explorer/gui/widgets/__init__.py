"""The controls that every panel is made of. Each takes `theme` by keyword and repaints when the theme changes."""

from explorer.gui.widgets.banner import Banner
from explorer.gui.widgets.button import IconButton, TextButton
from explorer.gui.widgets.card import Card, ErrorLine, FormRow, Ground, Hairline, Spacer
from explorer.gui.widgets.chip import Chip
from explorer.gui.widgets.combo import Combo
from explorer.gui.widgets.field import Field, NumberField
from explorer.gui.widgets.label import ElidedLabel, InPlaceLabel, Label, Paragraph
from explorer.gui.widgets.scroll import QuietScrollBar, ScrollColumn
from explorer.gui.widgets.segmented import Segmented
from explorer.gui.widgets.stepper import Stepper

__all__ = [
    "Banner",
    "Card",
    "Chip",
    "Combo",
    "ElidedLabel",
    "ErrorLine",
    "Field",
    "FormRow",
    "Ground",
    "Hairline",
    "IconButton",
    "InPlaceLabel",
    "Label",
    "NumberField",
    "Paragraph",
    "QuietScrollBar",
    "ScrollColumn",
    "Segmented",
    "Spacer",
    "Stepper",
    "TextButton",
]
