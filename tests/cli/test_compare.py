"""`compare` on the command line: networks, runs, and every form of output."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.arch.presets import starter
from explorer.cli.program import DONE, MENDABLE, main
from explorer.runs.config import TrainConfig
from explorer.runs.events import Evaluated, RunEnded, RunStarted
from explorer.runs.store import RunStore


def add(folder: Path, seed: int, accuracy: float, *, shallow: bool = False) -> None:
    spec = starter().spec.without_block(0) if shallow else starter().spec
    with RunStore(folder) as store:
        record = store.create(spec, TrainConfig(epochs=1, seed=seed), name=f"{'shallow' if shallow else 'deep'} {seed}")
        started = RunStarted(10, 10, 100, 20, "cpu", "float32", 1, 0)
        done = Evaluated(10, 1, 0.5, accuracy, is_best=True, elapsed_s=2.0)
        store.append(record.id, [started, done, RunEnded("finished", 10, 1, accuracy, 2.0)])


def test_two_networks_are_compared_in_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "vgg11", "vgg16"]) == DONE
    out = capsys.readouterr().out
    assert "blocks: 5 changed" in out
    assert "+5,494,208" in out


def test_the_json_of_several_networks_has_one_comparison_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "vgg11", "vgg13", "resnet18", "--json"]) == DONE
    found = json.loads(capsys.readouterr().out)
    assert [each["right"] for each in found["comparisons"]] == ["vgg13", "resnet18"]


def test_markdown_goes_to_the_output_and_a_web_page_into_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["compare", "vgg11", "vgg13", "--markdown"]) == DONE
    assert "| Block |" in capsys.readouterr().out
    path = tmp_path / "found.html"
    assert main(["compare", "vgg11", "vgg13", "-o", str(path)]) == DONE
    assert "<svg" in path.read_text(encoding="utf-8")


def test_runs_are_grouped_by_seed_and_tested(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for seed in range(3):
        add(tmp_path, seed, 0.90 + 0.002 * seed)
        add(tmp_path, seed, 0.85 + 0.001 * seed, shallow=True)
    assert main(["compare", "--runs", "1", "2", "--store", str(tmp_path), "--json"]) == DONE
    (found,) = json.loads(capsys.readouterr().out)["comparisons"]
    runs = found["runs"]
    assert runs["seeds"] == [0, 1, 2]
    assert runs["proven"] is True
    assert "is better than" in runs["sentence"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["vgg11"], "needs two networks"),
        (["vgg11", "vgg99"], "There is no preset called vgg99"),
        (["vgg11", "vgg13", "-o", "x.txt"], "end it in .html or .md"),
        (["vgg11", "--runs", "1", "2"], "not both"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *arguments]) == MENDABLE
    assert words in capsys.readouterr().err


def test_runs_of_one_network_and_recipe_are_no_comparison(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    add(tmp_path, 0, 0.9)
    add(tmp_path, 1, 0.9)
    assert main(["compare", "--runs", "1", "2", "--store", str(tmp_path)]) == MENDABLE
    assert "one network with one recipe" in capsys.readouterr().err


def test_comparing_networks_loads_no_torch() -> None:
    code = (
        "import sys; from explorer.cli.program import main; "
        "main(['compare', 'vgg11', 'vgg13']); assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
