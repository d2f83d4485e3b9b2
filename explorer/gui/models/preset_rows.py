"""Presets as rows with their figures, grouped, filtered by words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from explorer.analysis.summarize import summarize
from explorer.arch.blocks import Block, ConvBlock, InceptionBlock, ResidualStage, VGGBlock
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


def likeliest(rows: Sequence[PresetRow], query: str) -> int:
    """Where the preset stands that `query` names in full, else the first preset; -1 where there is none."""
    places = [place for place, row in enumerate(rows) if row.preset is not None]
    asked = _letters(query)
    named = [place for place in places if asked in {_letters(rows[place].title), _letters(_name(rows[place]))}]
    return next(iter([*named, *places]), -1)


@lru_cache(maxsize=64)
def preset_row(name: str) -> PresetRow:
    """The row of the preset called `name`."""
    preset = PRESETS[name]
    totals = summarize(preset.spec).totals
    picture = preset.spec.input
    return PresetRow(
        preset.title,
        preset,
        figure(totals.params.total) if totals else "",
        figure(totals.macs) if totals else "",
        f"{picture.channels} × {px(picture.height, picture.width)}²" if picture.height == picture.width else "",
        arch_words(preset.spec.blocks),
    )


def arch_words(blocks: Sequence[Block]) -> str:
    """The blocks in one short line: `1×64 1×128` for VGG's, `7×7/2-64 · 4 stages × 2 units · 64–512` for others."""
    return " · ".join(_WORDS[kind](list(run)) for kind, run in groupby(blocks, type))


def _vgg_words(blocks: Sequence[VGGBlock]) -> str:
    return " ".join(f"{block.num_convs}×{block.out_channels}" for block in blocks)


def _conv_words(blocks: Sequence[ConvBlock]) -> str:
    step = [f"/{block.stride}" if block.stride > 1 else "" for block in blocks]
    return " ".join(f"{b.kernel}×{b.kernel}{by}-{b.out_channels}" for b, by in zip(blocks, step, strict=True))


def _inception_words(blocks: Sequence[InceptionBlock]) -> str:
    return f"{len(blocks)} Inception {_span(blocks)}" if len(blocks) > 1 else f"Inception {blocks[0].out_channels}"


def _residual_words(blocks: Sequence[ResidualStage]) -> str:
    counts = [block.num_units for block in blocks]
    what = "bottlenecks" if all(block.unit == "bottleneck" for block in blocks) else "units"
    if len(blocks) == 1:
        return f"{counts[0]} {what} of {blocks[0].out_channels}"
    units = f"× {counts[0]}" if len(set(counts)) == 1 else f"of {', '.join(map(str, counts))}"
    return f"{len(blocks)} stages {units} {what} · {_span(blocks)}"


def _span(blocks: Sequence[Block]) -> str:
    first, last = blocks[0].out_channels, blocks[-1].out_channels
    return f"{first}–{last}" if first != last else str(first)


_WORDS: Mapping[type[Block], Callable[[list[Any]], str]] = {
    VGGBlock: _vgg_words,
    ConvBlock: _conv_words,
    InceptionBlock: _inception_words,
    ResidualStage: _residual_words,
}


def _name(row: PresetRow) -> str:
    return row.preset.name if row.preset is not None else ""


def _letters(text: str) -> str:
    """Letters and digits alone: `VGG-16` and `vgg16` are one name."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _matches(name: str, words: list[str]) -> bool:
    row = preset_row(name)
    preset = PRESETS[name]
    text = f"{name} {preset.title} {preset.source} {preset.group} {row.arch} {row.picture}".casefold()
    return all(word in text for word in words)
