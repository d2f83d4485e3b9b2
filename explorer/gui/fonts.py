"""The two typefaces that travel with the program, and the fonts made of them."""

from __future__ import annotations

import logging
from functools import lru_cache

from PySide6.QtGui import QFont, QFontDatabase

from explorer.resources import resource_path

_log = logging.getLogger(__name__)

FONT_FILES = (
    "Inter-Regular.otf",
    "Inter-Medium.otf",
    "Inter-SemiBold.otf",
    "JetBrainsMono-Regular.ttf",
    "JetBrainsMono-Bold.ttf",
)
CJK_FAMILIES = ("Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei UI")
UI_FAMILIES = ("Inter", *CJK_FAMILIES, "sans-serif")
MONO_FAMILIES = ("JetBrains Mono", "Noto Sans Mono CJK SC", *CJK_FAMILIES, "monospace")


def load_fonts() -> list[str]:
    """The families that were loaded; a file that is missing is logged and its fallback is used."""
    families: list[str] = []
    for name in FONT_FILES:
        try:
            path = resource_path("fonts", name)
        except FileNotFoundError as error:
            _log.warning("%s", error)
            continue
        number = QFontDatabase.addApplicationFont(str(path))
        families += QFontDatabase.applicationFontFamilies(number) if number >= 0 else []
    return families


def ui_font(size_px: int, weight: int = 400) -> QFont:
    """Inter at `size_px` pixels with tabular figures; weights in use are 400, 500 and 600."""
    return QFont(_font(UI_FAMILIES, size_px, weight))


def mono_font(size_px: int = 13, weight: int = 400) -> QFont:
    """JetBrains Mono at `size_px` pixels, without ligatures, so that every character keeps its column."""
    return QFont(_font(MONO_FAMILIES, size_px, weight))


@lru_cache(maxsize=64)
def _font(families: tuple[str, ...], size_px: int, weight: int) -> QFont:
    font = QFont()
    font.setFamilies(list(families))
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight(weight))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if families is UI_FAMILIES:
        font.setFeature(QFont.Tag("tnum"), 1)
    else:
        font.setFixedPitch(True)
        font.setFeature(QFont.Tag("calt"), 0)
        font.setFeature(QFont.Tag("liga"), 0)
    return font
