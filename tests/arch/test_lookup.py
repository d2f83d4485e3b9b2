"""NAME|FILE|TEXT: how a command line's words become a network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from explorer.arch.blocks.vgg import VGGBlock
from explorer.arch.files import write_spec
from explorer.arch.lookup import parse_input, resolve
from explorer.arch.presets import find_preset
from explorer.arch.spec import InputShape
from explorer.errors import ArchTextError, ExplorerError, FileError


def test_a_preset_wins_over_a_file_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "vgg16").write_text("nothing")
    assert resolve("VGG16") == find_preset("vgg16").spec


def test_a_file_is_read_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = find_preset("vgg11-tiny-32").spec
    write_spec(tmp_path / "mine.arch.json", spec)
    write_spec(tmp_path / "plain", spec)
    monkeypatch.chdir(tmp_path)
    for name in ("mine.arch.json", str(tmp_path / "mine.arch.json"), "plain", f".{os.sep}plain"):
        assert resolve(name) == spec


def test_a_text_gets_a_colour_picture_of_224_pixels_and_a_thousand_classes() -> None:
    spec = resolve("((1, 64), (2, 128))")
    assert spec.blocks == (VGGBlock(1, 64), VGGBlock(2, 128))
    assert (spec.input, spec.num_classes) == (InputShape(3, 224, 224), 1000)


def test_triples_say_how_many_channels_the_picture_has() -> None:
    assert resolve("((1, 1, 64), (1, 64, 128))").input == InputShape(1, 224, 224)
    with pytest.raises(ArchTextError, match="Block 1 expects 1 channel in, and the input has 3"):
        resolve("((1, 1, 64), (1, 64, 128))", input_text="3x32x32")


def test_input_classes_and_ratio_replace_the_network_s_own() -> None:
    spec = resolve("d2l-vgg11", input_text="1x96x64", num_classes=7, ratio=4)
    assert (spec.input, spec.num_classes) == (InputShape(1, 96, 64), 7)
    assert [block.out_channels for block in spec.blocks] == [16, 32, 64, 128, 128]
    assert spec.head.hidden == (4096, 4096)


@pytest.mark.parametrize("text", ["3x224x192", "3×224×192", " 3 X 224 x 192 ", "3*224*192", "3,224,192"])
def test_an_input_is_read_with_any_sign_of_multiplication(text: str) -> None:
    assert parse_input(text) == InputShape(3, 224, 192)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", 'An input is channels x height x width, as in 3x224x224, and this is "".'),
        ("224", 'and this is "224".'),
        ("224x224", 'and this is "224x224".'),
        ("3x224x224x1", 'and this is "3x224x224x1".'),
        ("3x-2x224", 'and this is "3x-2x224".'),
        ("3x2.5x224", 'and this is "3x2.5x224".'),
        ("0x224x224", "A number of input channels is at least 1, and this is 0."),
        ("3x0x224", "An input height is at least 1, and this is 0."),
        ("3x224x65537", "An input width is at most 65,536, and this is 65,537."),
        ("x" * 1000, "xxx..."),
        ("9" * 50 + "x1x1", "An input is channels x height x width"),
    ],
)
def test_a_bad_input_is_answered_by_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ExplorerError) as caught:
        parse_input(text)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        ("vgg17", ExplorerError, "There is no preset called vgg17; the nearest names are"),
        ("vgg17", ExplorerError, "A file ends with .arch.json, a conv_arch begins with a bracket."),
        ("missing.arch.json", FileError, "There is no file missing.arch.json."),
        ("MISSING.JSON", FileError, "There is no file MISSING.JSON."),
        (f"none{os.sep}such", FileError, f"There is no file none{os.sep}such."),
        (".", ExplorerError, "There is no preset called ."),
        ("~nobody-at-all/x", ExplorerError, "There is no preset called ~nobody-at-all/x"),
        ("", ArchTextError, "There is no block here"),
        ("((1, 64), (2, 64.5))", ArchTextError, "A channel count is a whole number, and this is 64.5."),
        ("((1, 64/2), (2, 64))", ArchTextError, "A channel count is one plain number, and this is 64/2."),
        ("VGG(2, 64", ArchTextError, "This bracket is never closed."),
        ("64", ArchTextError, "A block is written in brackets"),
        ("a\0b", ExplorerError, "There is no preset called"),
        ("x" * 5000, ExplorerError, "There is no preset called"),
    ],
)
def test_what_names_no_network_is_answered_by_a_sentence(
    text: str, kind: type[ExplorerError], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(kind) as caught:
        resolve(text)
    assert sentence in str(caught.value)
