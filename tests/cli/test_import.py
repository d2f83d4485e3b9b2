"""Networks from code on the command line."""

import io
from pathlib import Path

import pytest

from explorer.arch.files import read_spec
from explorer.arch.presets import find_preset
from explorer.cli.program import main

CODE = """from torch import nn
net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Swirl(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(8 * 14 * 14, 10))
"""


@pytest.fixture
def code(tmp_path: Path) -> Path:
    path = tmp_path / "net.py"
    path.write_text(CODE)
    return path


def test_describe_takes_a_file_of_code_and_says_by_line_what_is_left_out(
    code: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", str(code)]) == 0
    printed = capsys.readouterr()
    assert "((1, 8),)" in printed.out
    assert f"{code}:3: torch.nn.Swirl(…) is not a layer that is known here; it is left out." in printed.err


def test_describe_reads_the_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(CODE))
    assert main(["describe", "-", "--input", "1x56x56", "--classes", "3"]) == 0
    assert "input 1 × 56 × 56, 3 classes" in capsys.readouterr().out


def test_import_writes_the_network_as_a_file(code: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "own.arch.json"
    assert main(["import", str(code), "-o", str(out)]) == 0
    assert read_spec(out).blocks[0].out_channels == 8
    assert "the network imported from PyTorch code" in capsys.readouterr().err
    assert main(["import", str(code)]) == 0
    assert read_spec(tmp_path / "net.arch.json") == read_spec(out)


def test_a_text_without_a_network_is_one_line_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("\nbuy milk\n")
    assert main(["describe", str(path)]) == 2
    assert capsys.readouterr().err.endswith(
        'line 2, column 1: The text holds no layer. Line 2, "buy milk", is not Python.\n'
    )
    assert main(["import", str(tmp_path / "none.py")]) == 2
    assert "none.py cannot be read: No such file or directory." in capsys.readouterr().err


def test_exported_keras_code_comes_back_through_import(tmp_path: Path) -> None:
    path = tmp_path / "vgg_keras.py"
    assert main(["export", "vgg11-tiny-32-bn", "-o", str(path)]) == 0
    assert main(["import", str(path), "-o", str(tmp_path / "back.arch.json")]) == 0
    assert read_spec(tmp_path / "back.arch.json") == find_preset("vgg11-tiny-32-bn").spec
