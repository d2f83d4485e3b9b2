"""Presets as rows with their figures, grouped, filtered by words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from explorer.analysis.summarize import summarize
from explorer.arch.presets import GROUPS, PRESETS, Preset
from explorer.gui.models.header_totals import figure
from explorer.units import px


@dataclass(frozen=True, slots=True)
class PresetRow:
    """A preset as the popup shows it, or a group's heading where `preset` is None."""

    title: str
    preset: Preset | None = None
    params: str = ""
    macs: str = ""
    picture: str = ""
    arch: str = ""


def preset_rows(query: str = "") -> tuple[PresetRow, ...]:
    """Headings and rows in the order of the groups; with `query`, those that hold all of its words."""
    words = query.casefold().split()
    found: list[PresetRow] = []
    for group in GROUPS:
        rows = [preset_row(name) for name, preset in PRESETS.items() if preset.group == group and _matches(name, words)]
        if rows:
            found += [PresetRow(group), *rows]
    return tuple(found)


@lru_cache(maxsize=64)
def preset_row(name: str) -> PresetRow:
    """The row of the preset called `name`."""
    preset = PRESETS[name]
    totals = summarize(preset.spec).totals
    picture = preset.spec.input
    arch = " ".join(f"{block.num_convs}×{block.out_channels}" for block in preset.spec.blocks)
    return PresetRow(
        preset.title,
        preset,
        figure(totals.params.total) if totals else "",
        figure(totals.macs) if totals else "",
        f"{picture.channels} × {px(picture.height, picture.width)}²" if picture.height == picture.width else "",
        arch,
    )


def _matches(name: str, words: list[str]) -> bool:
    row = preset_row(name)
    preset = PRESETS[name]
    text = f"{name} {preset.title} {preset.source} {preset.group} {row.arch} {row.picture}".casefold()
    return all(word in text for word in words)
