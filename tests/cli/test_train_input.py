"""`train` and `runs` with something that cannot be: a sentence that names it, status 2, and nothing is begun."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.cli import main

ROOT = Path(__file__).resolve().parents[2]
TINY = "((1, 8), (1, 16))"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("CONV_ARCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CONV_ARCH_EXPLORER_DATA", str(tmp_path / "no data"))
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "NAME|FILE|TEXT"),
        (["vgg99"], "vgg99"),
        (["nowhere.arch.json"], "nowhere.arch.json"),
        (["((1, 64), (1, 128.5))"], "128.5"),
        (["((1, 64), (2, 128)"], "never closed"),
        (["vgg11", "--input", "224"], "3x224x224"),
        (["vgg11", "--input", "1x8x8"], "leaves nothing"),
        (["vgg11", "--ratio", "0"], "above 0"),
        (["vgg11", "--classes", "0"], "A number of classes"),
        (["vgg11", "--epochs", "0"], "--epochs: The number of epochs is a whole number from 1"),
        (["vgg11", "--epochs", "two"], '--epochs: a whole number is meant, and this is "two"'),
        (["vgg11", "--epochs", "1e3"], "--epochs: a whole number"),
        (["vgg11", "--batch", "-4"], "--batch: The batch size is a whole number from 1"),
        (["vgg11", "--lr", "fast"], '--lr: a number is meant, and this is "fast"'),
        (["vgg11", "--lr", "-0.1"], "--lr: The learning rate is above 0"),
        (["vgg11", "--lr", "nan"], "--lr: The learning rate is above 0"),
        (["vgg11", "--lr", "inf"], "--lr: The learning rate is above 0"),
        (["vgg11", "--momentum", "1"], "--momentum: Momentum is at least 0 and below 1"),
        (["vgg11", "--momentum", "0", "--nesterov"], "--nesterov: Nesterov needs a momentum above 0"),
        (["vgg11", "--weight-decay", "-1"], "--weight-decay: Weight decay is at least 0"),
        (["vgg11", "--label-smoothing", "1"], "--label-smoothing: Label smoothing is at least 0 and below 1"),
        (["vgg11", "--optimizer", "rmsprop"], "--optimizer"),
        (["vgg11", "--schedule", "linear"], "--schedule"),
        (["vgg11", "--patience", "0"], "--patience: The patience"),
        (["vgg11", "--init", "zeros"], "--init"),
        (["vgg11", "--seed", "-1"], "--seed: The seed is a whole number from 0"),
        (["vgg11", "--device", "tpu"], "--device"),
        (["vgg11", "--precision", "int8"], "--precision"),
        (["vgg11", "--crop", "65"], "--crop: The crop padding is a whole number from 0 to 64"),
        (["vgg11", "--train-limit", "0"], "--train-limit: A limit on the number of pictures"),
        (["vgg11", "--threads", "0"], "--threads"),
        (["vgg11", "--recipe", "best"], "There is no recipe called 'best'; the names are ours"),
        (["vgg11", "--data", "imagenet"], "There is no data set called 'imagenet'; the names are"),
        (["vgg11", "--data", "mnist", "--data-folder", "/no/such/place"], "/no/such/place"),
        (["vgg11", "--data", "cifar10", "--input", "3x32x32"], "--download"),
        (["vgg11", "--data", "folder"], "folder"),
        (["vgg11", "--store", "/dev/null/runs"], "/dev/null/runs"),
        (["vgg11", "--epoch", "3"], "--epoch"),
    ],
)
def test_a_slip_is_a_sentence_and_status_2(
    argv: list[str], says: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert says in err
    assert err.startswith("conv-arch-explorer: ")
    assert err.count("\n") == 1
    assert not home.exists()


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ([], "ACTION"),
        (["lists"], "lists"),
        (["show"], "RUN"),
        (["show", "1"], "There are no runs in"),
        (["resume", "last"], "There are no runs in"),
        (["resume", "1", "--epochs", "0"], "--epochs"),
        (["export", "1", "--curves", "x.csv"], "There are no runs in"),
        (["rename", "1"], "NAME"),
    ],
)
def test_runs_that_are_not_there_are_a_sentence_and_status_2(
    argv: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", *argv]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    "argv", [["runs", "list"], ["train", TINY, "--data", "mnist", "--data-folder", "/no"], ["train", "--help"]]
)
def test_torch_is_not_loaded_before_everything_else_was_looked_at(argv: list[str], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom explorer.cli import main\ntry:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "assert 'torch' not in sys.modules"
    )
    environment = os.environ | {"CONV_ARCH_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code, *argv], check=False, capture_output=True, text=True, cwd=ROOT, env=environment
    )
    assert done.returncode == 0, done.stderr
