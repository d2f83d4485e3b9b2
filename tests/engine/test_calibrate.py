"""Trial steps and devices: a forecast that adds up, leaves no trace, and can be given up."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from explorer.errors import ConfigError, ExplorerError, RunError
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.control import RunControl

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock  # noqa: E402
from explorer.engine import calibrate as calibration  # noqa: E402
from explorer.engine import devices  # noqa: E402
from explorer.engine.calibrate import calibrate  # noqa: E402
from explorer.engine.forecast import largest_batch, memory_forecast  # noqa: E402

SPEC = NetworkSpec(InputShape(3, 16, 16), (VGGBlock(1, 8, norm="batch"), VGGBlock(1, 8)), Head((16,), 0.3), 8)
CONFIG = TrainConfig(
    data=DataConfig("synthetic", train_limit=100, test_limit=40), batch_size=16, epochs=3, device="cpu"
)
CPU = torch.device("cpu")


def test_the_forecast_adds_up() -> None:
    found = calibrate(SPEC, CONFIG, num_steps=4)
    assert found.num_steps == 4
    assert found.epoch_s == pytest.approx(7 * found.step_s + found.eval_s)
    assert found.run_s == pytest.approx(3 * found.epoch_s)
    assert found.images_per_s == pytest.approx(16 / found.step_s)
    assert found.spread_s >= 0
    assert found.peak_bytes == memory_forecast(SPEC, CONFIG).total


def test_where_a_step_is_long_few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "BUDGET_S", 0.0)
    found = calibrate(SPEC, CONFIG)
    assert found.num_steps == calibration.FEWEST_STEPS
    assert found.epoch_s == pytest.approx(7 * found.step_s + found.eval_s)


def test_trial_steps_leave_the_random_numbers_as_they_were() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    calibrate(SPEC, CONFIG, num_steps=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_measuring_gives_up_within_a_second_when_asked() -> None:
    control = RunControl()
    slow = replace(SPEC, input=InputShape(3, 160, 160), blocks=(VGGBlock(2, 32), VGGBlock(2, 64)))
    errors: list[Exception] = []

    def measure() -> None:
        try:
            calibrate(slow, replace(CONFIG, batch_size=64), control=control, num_steps=1000)
        except ExplorerError as error:
            errors.append(error)

    thread = threading.Thread(target=measure)
    thread.start()
    time.sleep(0.5)
    asked = time.monotonic()
    control.stop()
    thread.join(20)
    assert time.monotonic() - asked < 1
    assert isinstance(errors[0], RunError)


def test_what_keeps_a_run_from_starting_keeps_it_from_being_measured() -> None:
    with pytest.raises(ExplorerError, match="has 8 classes, and the network ends in 9"):
        calibrate(replace(SPEC, num_classes=9), CONFIG)


def test_the_largest_batch_is_the_largest_power_of_two_that_fits() -> None:
    for free in (10**6, 10**7, 10**8):
        batch = largest_batch(SPEC, CONFIG, free)
        assert memory_forecast(SPEC, CONFIG, batch).total <= free < memory_forecast(SPEC, CONFIG, 2 * batch).total
    assert largest_batch(SPEC, CONFIG, 1000) == 0


def test_the_cpu_is_always_there_with_its_cores_and_memory() -> None:
    info = devices.list_devices()[-1]
    assert (info.name, info.title) == ("cpu", "CPU")
    assert "core" in info.description
    assert 0 < info.free_bytes <= info.total_bytes
    assert info.precisions[0] == "float32"


def test_auto_takes_what_is_there_and_another_device_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.choose_device("auto") == CPU
    with pytest.raises(ConfigError, match="no CUDA device that PyTorch can use; run on Auto") as caught:
        devices.choose_device("cuda")
    assert caught.value.path == "device"


def test_the_cpu_computes_in_bf16_only_where_it_has_it_and_was_measured_faster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(devices, "bf16_speed_up", lambda: 1.4)
    monkeypatch.setattr(devices, "_has_bf16", lambda: False)
    assert devices.choose_precision("auto", CPU) == "float32"
    monkeypatch.setattr(devices, "_has_bf16", lambda: True)
    assert devices.choose_precision("auto", CPU) == "bf16"
    assert devices.choose_precision("float32", CPU) == "float32"
    assert devices.describe_device(CPU).auto_precision == "bf16"
    monkeypatch.setattr(devices, "bf16_speed_up", lambda: 0.2)
    assert devices.choose_precision("auto", CPU) == "float32"
    assert devices.supported_precisions(CPU) == ("float32",)
    with pytest.raises(ConfigError, match="bf16 brings nothing on this CPU; use float32"):
        devices.choose_precision("bf16", CPU)
    monkeypatch.setattr(devices, "bf16_speed_up", lambda: 1.4)
    assert devices.choose_precision("bf16", CPU) == "bf16"


def test_bf16_is_measured_by_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {torch.float32: 0.03, torch.bfloat16: 0.02}
    monkeypatch.setattr(devices, "_pass_time", lambda _net, dtype: seconds[dtype])
    assert devices.bf16_speed_up.__wrapped__() == pytest.approx(1.5)
    monkeypatch.undo()
    before = torch.get_rng_state()
    assert 0.01 < devices.bf16_speed_up.__wrapped__() < 100
    assert torch.equal(torch.get_rng_state(), before)


def test_the_forecast_of_a_run_is_for_the_format_that_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_has_bf16", lambda: True)
    monkeypatch.setattr(devices, "bf16_speed_up", lambda: 1.4)
    config = replace(CONFIG, precision="auto", batch_size=64)
    short, single = memory_forecast(SPEC, config), memory_forecast(SPEC, replace(config, precision="float32"))
    assert (short.precision, single.precision) == ("bf16", "float32")
    assert short.saved < single.saved
    assert short.weight_copies > 0 == single.weight_copies
    assert memory_forecast(SPEC, config, precision="float32") == single
    free = single.total
    assert largest_batch(SPEC, config, free) >= largest_batch(SPEC, config, free, precision="float32")


def test_a_container_with_less_memory_than_the_computer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_container_limit", lambda: (1000, 400))
    assert devices.memory_of(CPU) == (1000, 600)
