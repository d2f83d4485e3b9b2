"""`runs`: what is kept is listed, shown, changed and written to files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from explorer.arch.files import read_spec
from explorer.arch.spec import InputShape, NetworkSpec, VGGBlock
from explorer.cli import main
from explorer.runs.config import TrainConfig
from explorer.runs.events import Evaluated, RunEnded, RunStarted, StepsDone
from explorer.runs.store import RunStore

SPEC = NetworkSpec(InputShape(1, 32, 32), (VGGBlock(1, 8), VGGBlock(2, 16)), num_classes=10, name="small")
EVENTS = (
    RunStarted(4, 2, 100, 50, "2 cores", "float32", 1234),
    StepsDone(1, 1, (2.5, 1.5), (0.25, 0.5), (0.1, 0.05), 1000.0, 0.5),
    Evaluated(2, 1, 1.25, 0.875, is_best=True, elapsed_s=0.75),
    RunEnded("stopped", 2, 1, 0.875, 1.0),
)


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("CONV_ARCH_HOME", str(tmp_path / "home"))
    with RunStore(tmp_path / "home") as store:
        run = store.create(SPEC, TrainConfig(), name="first try", note="wide")
        store.append(run.id, EVENTS)
        store.create(SPEC, TrainConfig(seed=1))
    return tmp_path / "home"


def runs(capsys: pytest.CaptureFixture[str], *argv: str, status: int = 0) -> str:
    assert main(["runs", *argv]) == status
    captured = capsys.readouterr()
    return captured.err if status else captured.out


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(runs(capsys, "list", "--json"))
    return found


def test_the_list_names_each_run_with_its_result(capsys: pytest.CaptureFixture[str]) -> None:
    lines = runs(capsys, "list").splitlines()
    assert lines[2].split()[:3] == ["1", "first", "try"]
    assert "87.5 %" in lines[2]
    assert "1.250" in lines[2]  # the loss on the test pictures, not that of the last batch
    assert "stopped" in lines[2]
    assert "new" in lines[3]
    first, second = listed(capsys)
    assert (first["best_accuracy"], first["status"], first["config"]["seed"]) == (0.875, "stopped", 0)
    assert (first["test_loss"], first["last_loss"], second["test_loss"]) == (1.25, 1.5, None)
    assert (second["name"], second["network"]["name"]) == ("small", "small")


def test_an_empty_store_says_where_runs_will_be(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert str(tmp_path / "other") in runs(capsys, "list", "--store", str(tmp_path / "other"))


def test_a_run_is_meant_by_number_by_name_or_as_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    assert runs(capsys, "show", "1") == runs(capsys, "show", "first try")
    assert json.loads(runs(capsys, "show", "last", "--json"))["id"] == 2
    assert "There is no run “7”" in runs(capsys, "show", "7", status=2)
    runs(capsys, "rename", "2", "first try")
    assert "Several runs are called “first try”: 1, 2" in runs(capsys, "show", "first try", status=2)


def test_everything_about_a_run_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = runs(capsys, "show", "1")
    for part in (
        "wide",
        "1 × 32 × 32",
        "1,234",
        "87.5 %",
        "2 cores float32",
        "SGD, Nesterov 0.9",
        "Fashion-MNIST, small",
        "1.250",
    ):
        assert part in text


def test_runs_are_renamed_annotated_duplicated_and_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    runs(capsys, "rename", "1", "narrow")
    runs(capsys, "note", "narrow", "half the width")
    assert "runs resume 3" in runs(capsys, "duplicate", "1")
    assert (listed(capsys)[0]["name"], listed(capsys)[0]["note"]) == ("narrow", "half the width")
    assert listed(capsys)[2]["parent"] == 1
    runs(capsys, "delete", "1", "small")
    assert [run["id"] for run in listed(capsys)] == [3]
    assert "1 to 200 characters" in runs(capsys, "rename", "3", "  ", status=2)


def test_curves_events_and_the_network_are_written_to_files(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    curves, events, network = tmp_path / "c.csv", tmp_path / "e.jsonl", tmp_path / "n.arch.json"
    runs(capsys, "export", "1", "--curves", str(curves), "--events", str(events), "--network", str(network))
    rows = list(csv.DictReader(curves.read_text(encoding="utf-8").splitlines()))
    assert [row["train_loss"] for row in rows] == ["2.5", "1.5"]
    assert [row["test_accuracy"] for row in rows] == ["", "0.875"]
    lines = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    assert [line["event"] for line in lines] == ["RunStarted", "StepsDone", "Evaluated", "RunEnded"]
    assert read_spec(network) == SPEC


def test_an_export_that_cannot_be_written_or_says_nothing_is_a_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert "Say what to export: --curves FILE" in runs(capsys, "export", "1", status=2)
    place = tmp_path / "nowhere" / "c.csv"
    assert "c.csv was not written: its folder does not exist" in runs(
        capsys, "export", "1", "--curves", str(place), status=2
    )


def test_a_damaged_list_is_said_and_set_aside(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    (home / "runs.sqlite3").write_bytes(b"x" * 5000)
    assert main(["runs", "list"]) == 0
    out, err = capsys.readouterr()
    assert "No runs yet" in out
    assert "was damaged. It was set aside as" in err
