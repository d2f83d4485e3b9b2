"""`train --start-from`, sides, `test` and `ensemble` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from explorer.arch.files import write_spec
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.cli import main
from explorer.cli.start_argument import start_of
from explorer.errors import ExplorerError
from explorer.runs.config import StartFrom, TrainConfig
from explorer.runs.store import RunStore

SMALL = ("--train-limit", "32", "--test-limit", "24", "--batch", "16", "--device", "cpu",
         "--precision", "float32", "--epochs", "1")  # fmt: skip
SPEC = NetworkSpec(InputShape(1, 16, 16), (VGGBlock(1, 4), VGGBlock(1, 6)), Head((8,)), 10, "tiny")
DEEPER = SPEC.with_block(1, VGGBlock(2, 6))


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("CONV_ARCH_HOME", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    write_spec(tmp_path / "tiny.arch.json", SPEC)
    write_spec(tmp_path / "deeper.arch.json", DEEPER)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("first", StartFrom(1)),
        ("1:aligned", StartFrom(1, "aligned")),
        ("first:morph:last", StartFrom(1, "morph", "last")),
        ("last:last", StartFrom(2, "paper", "last")),
        ("a:b", StartFrom(2)),
    ],
)
def test_a_start_names_a_run_a_rule_and_weights(home: Path, text: str, start: StartFrom) -> None:
    with RunStore(home) as store:
        store.create(SPEC, TrainConfig(), name="first")
        store.create(SPEC, TrainConfig(), name="a:b")
        assert start_of(text, store, DEEPER).start_from == start


def test_a_start_says_what_is_taken_over(home: Path) -> None:
    with RunStore(home) as store:
        store.create(SPEC, TrainConfig(), name="first")
        assert "numbers are copied" in start_of("first", store, DEEPER).sentence
        assert "the new kernel begins as the identity" in start_of("first:morph", store, DEEPER).sentence


@pytest.mark.parametrize(
    ("text", "spec", "says"),
    [
        ("first:magic", DEEPER, "a rule is one of paper, aligned, morph, all"),
        ("second", DEEPER, "There is no run “second”"),
        ("first:morph", SPEC.without_block(1), "Block 2 was taken out"),
        ("first:aligned", NetworkSpec(InputShape(1, 16, 16), (VGGBlock(1, 5),), Head((9,)), 10), "nothing can be"),
    ],
)
def test_a_start_that_cannot_be_is_one_line(home: Path, text: str, spec: NetworkSpec, says: str) -> None:
    with RunStore(home) as store:
        store.create(SPEC, TrainConfig(), name="first")
        with pytest.raises(ExplorerError, match=says):
            start_of(text, store, spec)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("train", "FILE", "--train-side", "x"), "a side is meant, as in 40"),
        (("train", "FILE", "--train-side", "12"), "--train-side: The training side is 12"),
        (("train", "FILE", "--train-side", "40-36"), "goes from 40 to 36"),
        (("train", "FILE", "--test-side", "9"), "--test-side: The test side is 9"),
        (("test", "last", "--crops", "many"), "ways of testing are single, multi, dense, both"),
        (("test", "last", "--sides", "a"), "sides are whole numbers"),
        (("test", "last"), "There are no runs"),
        (("ensemble", "1", "2"), "There are no runs"),
    ],
)
def test_a_slip_is_one_line_that_says_what_is_meant(
    home: Path, words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [str(home / "tiny.arch.json") if word == "FILE" else word for word in words]
    assert main([*given, *(SMALL if words[0] == "train" else ())]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


@pytest.mark.torch
def test_a_run_is_grown_tested_and_averaged(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch")
    assert main(["train", str(home / "tiny.arch.json"), *SMALL, "--name", "first"]) == 0
    words = ["--start-from", "first:aligned", "--train-side", "18-22", "--test-side", "20", "--name", "grown"]
    assert main(["train", str(home / "deeper.arch.json"), *SMALL, *words]) == 0
    assert "Starts from run 1 “first”" in capsys.readouterr().err
    with RunStore(home) as store:
        run = store.runs()[-1]
        assert (run.parent_id, run.config.train_side, run.config.test_side) == (1, (18, 22), 20)
    assert main(["test", "grown", "--crops", "single,dense", "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [(row["crop"], row["sides"]) for row in result["rows"]] == [("single", [20]), ("dense", [20])]
    assert result["rows"][0]["accuracy"] == run.best_accuracy
    assert main(["test", "grown", "--sides", "16,20", "--limit", "8"]) == 0
    out = capsys.readouterr().out
    assert "50 crops" in out
    assert "8 test pictures of run 2 “grown”" in out
    assert main(["ensemble", "first", "grown"]) == 0
    assert "Average" in capsys.readouterr().out
