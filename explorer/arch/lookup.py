"""A network from what a user types on a command line: a preset's name, a file, or a conv_arch."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from explorer.arch.conv_arch import parse_blocks
from explorer.arch.files import SUFFIX, read_spec
from explorer.arch.presets import find_preset, is_preset
from explorer.arch.spec import InputShape, NetworkSpec, scale_width
from explorer.errors import ExplorerError

_SIDES = re.compile(r"\s*(\d{1,15})\s*[xX×*,]\s*(\d{1,15})\s*[xX×*,]\s*(\d{1,15})\s*")
_BRACKET_OR_COMMA = re.compile(r"[(\[{（［【,，\"']")
_PICTURE_SIDE = 224
_CHANNELS = 3


def resolve(
    text: str, *, input_text: str | None = None, num_classes: int | None = None, ratio: float | None = None
) -> NetworkSpec:
    """The network that `text` names: a preset, else an `.arch.json` file, else a conv_arch in any notation.

    A conv_arch alone gets d2l's head, 1,000 classes and a 3 × 224 × 224 input (triples say how many channels). Then
    `input_text`, as in "3x224x224", and `num_classes` replace the network's own, and `ratio` divides its channels.
    Raises ExplorerError.
    """
    shape = parse_input(input_text) if input_text is not None else None
    return adapted(_named(text, shape), shape, num_classes=num_classes, ratio=ratio)


def adapted(
    spec: NetworkSpec, shape: InputShape | None, *, num_classes: int | None = None, ratio: float | None = None
) -> NetworkSpec:
    """`spec` with another input and number of classes where they are given, and its channels divided by `ratio`."""
    if shape is not None:
        spec = replace(spec, input=shape)
    if num_classes is not None:
        spec = replace(spec, num_classes=num_classes)
    return spec if ratio is None else scale_width(spec, ratio)


def parse_input(text: str) -> InputShape:
    """The input that "3x224x224" or "1 × 32 × 32" names: channels, height, width. Raises ExplorerError."""
    match = _SIDES.fullmatch(text)
    if match is None:
        shown = text if len(text) <= 40 else f"{text[:37]}..."
        message = f'An input is channels x height x width, as in 3x224x224, and this is "{shown}".'
        raise ExplorerError(message)
    channels, height, width = (int(side) for side in match.groups())
    shape = InputShape(channels, height, width)
    shape.check("input")
    return shape


def names_file(text: str) -> bool:
    """Whether `resolve` takes `text`, which is no preset's name, for a file; it need not exist."""
    if text.lower().endswith(".json"):
        return True
    if len(text) > 1000 or "\n" in text or "\0" in text or _BRACKET_OR_COMMA.match(text):
        return False
    try:
        return Path(text).expanduser().is_file() or (os.sep in text and _BRACKET_OR_COMMA.search(text) is None)
    except (OSError, RuntimeError, ValueError):  # a name that no file can have, a home that nobody has
        return False


def _named(text: str, shape: InputShape | None) -> NetworkSpec:
    if is_preset(text):
        return find_preset(text).spec
    if names_file(text):
        return read_spec(Path(text).expanduser())
    if _is_conv_arch(text):
        return _from_text(text, shape)
    try:
        find_preset(text)
    except ExplorerError as error:
        message = f"{error} A file ends with {SUFFIX}, a conv_arch begins with a bracket."
        raise ExplorerError(message) from None
    raise AssertionError(text)


def _is_conv_arch(text: str) -> bool:
    return not text.strip() or text.strip()[0].isdecimal() or _BRACKET_OR_COMMA.search(text) is not None


def _from_text(text: str, shape: InputShape | None) -> NetworkSpec:
    parsed = parse_blocks(text, input_channels=shape.channels if shape else None)
    channels = parsed.input_channels or _CHANNELS
    return NetworkSpec(InputShape(channels, _PICTURE_SIDE, _PICTURE_SIDE), parsed.blocks, name="conv_arch")
