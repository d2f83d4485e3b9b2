"""`train` to its end, as events, stopped by Ctrl-C, and continued."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from explorer.cli import main
from explorer.runs.store import RunStore

pytestmark = pytest.mark.torch

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("--data", "synthetic", "--train-limit", "64", "--test-limit", "32", "--batch", "16", "--device", "cpu",
         "--precision", "float32")  # fmt: skip


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("CONV_ARCH_HOME", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


@pytest.fixture
def network(tmp_path: Path) -> str:
    """A network file with a small head, as TEXT always has d2l's large one."""
    from explorer.arch.files import write_spec
    from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock

    spec = NetworkSpec(InputShape(1, 8, 8), (VGGBlock(1, 4), VGGBlock(1, 8)), Head(hidden=(8,)), 8, "tiny")
    write_spec(tmp_path / "tiny.arch.json", spec)
    return str(tmp_path / "tiny.arch.json")


def arguments(network: str, *more: str) -> list[str]:
    return [network, *SMALL, *more]


def test_a_run_prints_a_line_an_epoch_and_where_it_is_kept(
    network: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *arguments(network, "--epochs", "2", "--name", "a try", "--note", "why")]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].startswith("Run 1 “a try”: ")
    assert "64 + 32 pictures" in lines[0]
    assert lines[1].startswith("epoch 1 of 2: loss ")
    assert lines[2].startswith("epoch 2 of 2: loss ")
    assert lines[3].startswith("Finished: best ")
    assert (len(lines), err) == (4, "")
    with RunStore(home) as store:
        (run,) = store.runs()
    assert (run.note, run.status, run.config.batch_size, run.config.epochs) == ("why", "finished", 16, 2)


def test_a_run_as_events_is_one_json_object_a_line_and_goes_on(
    network: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *arguments(network, "--epochs", "1", "--json")]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert events[0]["event"] == "RunStarted"
    assert events[-1]["event"] == "RunEnded"
    assert {event["run"] for event in events} == {1}
    assert main(["runs", "resume", "1"]) == 2
    assert "has finished its 1 epochs" in capsys.readouterr().err
    assert main(["runs", "resume", "1", "--epochs", "2", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (events[0]["start_step"], events[0]["num_steps"]) == (4, 8)


def test_settings_of_the_command_line_reach_the_run(network: str, home: Path) -> None:
    more = ["--lr", "0.02", "--optimizer", "adamw", "--schedule", "cosine", "--momentum", "0", "--seed", "9", "--init",
            "he", "--no-flip", "--crop", "1", "--label-smoothing", "0.1", "--weight-decay", "0.01"]  # fmt: skip
    assert main(["train", *arguments(network, "--epochs", "1", *more)]) == 0
    with RunStore(home) as store:
        config = store.runs()[0].config
    assert (config.learning_rate, config.optimizer, config.schedule, config.seed) == (0.02, "adamw", "cosine", 9)
    assert (config.init, config.data.flip, config.data.crop_padding) == ("he", False, 1)
    assert (config.label_smoothing, config.weight_decay, config.momentum, config.nesterov) == (0.1, 0.01, 0.0, False)


def test_weights_are_exported_under_the_names_of_torchvision(network: str, home: Path) -> None:
    import safetensors.torch

    assert main(["train", *arguments(network, "--epochs", "1")]) == 0
    assert main(["runs", "export", "last", "--weights", str(home / "w.safetensors")]) == 0
    assert "classifier.0.weight" in safetensors.torch.load_file(home / "w.safetensors")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_in_order_and_keeps_its_result(
    network: str, home: Path, number: signal.Signals, status: int
) -> None:
    command = [sys.executable, "-m", "explorer", "train", *arguments(network, "--epochs", "9999", "--json")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "CheckpointSaved":
                break
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == status
    last = json.loads(out.splitlines()[-1])
    assert (last["event"], last["reason"]) == ("RunEnded", "stopped")
    assert "the result is kept" in err
    with RunStore(home) as store:
        (run,) = store.runs()
        assert run.status == "stopped"
        kept = store.latest_checkpoint(run.id)
        assert kept is not None
        assert kept.step == last["step"]


def test_a_loss_that_is_no_number_ends_the_run_with_status_2(network: str, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--epochs", "9", "--lr", "10000", "--schedule", "constant", "--optimizer", "sgd"]
    assert main(["train", *arguments(network, *more)]) == 2
    assert "The loss is not a number since step" in capsys.readouterr().err
