"""The Device and Forecast sections of the Train settings: where the run computes, what it needs, how long it takes."""

from __future__ import annotations

import os

import psutil
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from explorer.analysis.summary import MemoryForecast
from explorer.gui.engine_door import Calibrated, DeviceFacts
from explorer.gui.models.train_settings_model import TrainSettingsModel
from explorer.gui.panels.train_form import MemoryBar, Section, SettingRow
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Label, Segmented, TextButton
from explorer.units import NONE, THIN, duration, num_bytes

_TITLES = {"auto": "Auto", "cpu": "CPU", "cuda": "CUDA", "mps": "Metal"}
MEASURE_TIP = "A few trial steps with these settings; nothing is kept of them"
MOST_OFFERED_BATCH = 8192
_GRAIN_BYTES = 64 << 20  # free memory moves all the time; the forecast need not follow each megabyte


def free_memory() -> int:
    """Free bytes of the computer, in steps of 64 MiB."""
    return int(psutil.virtual_memory().available) // _GRAIN_BYTES * _GRAIN_BYTES


class DeviceSection(Section):
    """Device and precision, with only what this computer has; until torch has looked, that is Auto and CPU.

    `auto_precision` is the format that the device last found for "auto" takes, at an earlier start perhaps.
    """

    def __init__(self, model: TrainSettingsModel, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("Device", parent=parent, theme=theme)
        self._model = model
        self._theme = theme
        self._devices: tuple[DeviceFacts, ...] = ()
        self.auto_precision = "float32"
        cores = os.cpu_count() or 1
        self.note.setText(f"{cores} core{'' if cores == 1 else 's'}")
        self.device = Segmented([("auto", "Auto"), ("cpu", "CPU")], theme=theme, name="Run on")
        self.device.edited.connect(lambda name: model.set(device=name, precision="auto"))
        self._device_row = SettingRow("Run on", self.device, theme=theme)
        self._device_row.reset_wished.connect(lambda: model.reset("device", "precision"))
        self.add(self._device_row)
        self.precision = Segmented([("auto", "float32")], theme=theme, name="Precision")
        self.precision.edited.connect(lambda name: model.set(precision=name))
        self._precision_row = SettingRow("Precision", self.precision, theme=theme)
        self._precision_row.reset_wished.connect(lambda: model.reset("precision"))
        self.add(self._precision_row)
        model.changed.connect(self.refresh)
        self.refresh()

    @property
    def chosen(self) -> DeviceFacts | None:
        """The device that the run will take; None before torch has looked."""
        name = self._model.config.device
        return next((found for found in self._devices if name in {"auto", found.name}), None)

    @property
    def precision_taken(self) -> str:
        """The format that the run will compute in; before torch has looked, that of the last time."""
        wish, chosen = self._model.config.precision, self.chosen
        if wish != "auto":
            return wish
        return chosen.auto_precision if chosen is not None else self.auto_precision

    def set_devices(self, devices: tuple[DeviceFacts, ...]) -> None:
        """Offer what there is."""
        self._devices = devices
        self.auto_precision = devices[0].auto_precision if devices else "float32"
        names = ["auto", *sorted(found.name for found in devices)]
        self.device.set_choices([(name, _TITLES[name]) for name in names])
        self.refresh()

    def refresh(self) -> None:
        """Show the choice, and the precisions of the chosen device."""
        config, chosen = self._model.config, self.chosen
        self.device.set_value(config.device)
        if chosen is not None:
            self.note.setText(chosen.description)
            self.note.setToolTip(f"{chosen.title}: {chosen.description}")
        offered = chosen.precisions if chosen is not None else ("float32",)
        if len(offered) > 1:
            self.precision.set_choices([("auto", "Auto"), *((name, name) for name in offered)])
            auto = chosen.auto_precision if chosen is not None else "float32"
            self.precision.setToolTip(f"Auto is {auto} here: the fastest format of this device")
        else:
            self.precision.set_choices([("auto", "float32")])
            self.precision.setToolTip("The only format that is not slower on this device")
        known = config.precision if len(offered) > 1 else "auto"
        self.precision.set_value(known)
        self._device_row.set_changed(self._model.is_changed("device"))
        self._precision_row.set_changed(self._model.is_changed("precision"))


class ForecastSection(Section):
    """Memory against what is free, and times from a few trial steps."""

    measure_wished = Signal()

    def __init__(self, parent: QWidget | None = None, *, theme: ThemeSource) -> None:
        super().__init__("Forecast", parent=parent, theme=theme)
        self._theme = theme
        self._measured: Calibrated | None = None
        self.measure = TextButton("Measure (2 s)", "link", theme=theme)
        self.measure.setToolTip(MEASURE_TIP)
        # A click must not take the focus: it would jump to the next field as soon as the button waits.
        self.measure.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.measure.clicked.connect(self.measure_wished)
        self.head.addWidget(self.measure)
        self.note.setFixedHeight(self.measure.height())  # the line keeps its height when the button goes
        self._memory = self._line("Memory")
        self._free = Label(theme=theme, size_px=12, ink="muted")
        self._memory_row.addWidget(self._free)
        self.bar = MemoryBar(theme=theme)
        self.add_indented(self.bar)
        self._epoch = self._line("One epoch")
        self._run = self._line("Whole run")
        self._largest = self._line("Largest batch that fits")
        self.body.setSpacing(5)
        self.show_times(None, epochs=1)

    def show_memory(self, memory: MemoryForecast | None, free_bytes: int | None) -> None:
        """Show what a run needs of what is free."""
        self._memory.setText(num_bytes(memory.total if memory else None))
        self._free.setText(f"of {num_bytes(free_bytes)} free" if free_bytes else "")
        self.bar.set_part(memory.total / free_bytes if memory and free_bytes else None)
        largest = largest_batch(memory, free_bytes)
        self._largest.setText(NONE if largest is None else _batch_text(largest))
        self._memory.set_ink("text" if self.bar.ink == "ok" else self.bar.ink)
        if memory is not None:
            parts = (
                f"parameters {num_bytes(memory.parameters)} · gradients {num_bytes(memory.gradients)}",
                f"optimizer {num_bytes(memory.optimizer)} · kept for the backward pass {num_bytes(memory.saved)}",
                *_in_short(memory),
                f"{memory.precision}, one step; a framework's own buffers come on top",
            )
            self._memory.setToolTip("\n".join(parts))

    def show_times(self, measured: Calibrated | None, *, epochs: int) -> None:
        """Show what trial steps foretell; None = not measured with these settings."""
        self._measured = measured
        self.measure.setVisible(measured is None)
        self.note.setText("" if measured is None else f"from {measured.num_steps} trial steps")
        self._epoch.setText(NONE if measured is None else _with_spread(measured.epoch_s, measured.spread_s))
        self._run.setText(NONE if measured is None else duration(epochs * measured.epoch_s))

    def set_measurable(self, reason: str) -> None:
        """Allow measuring, or say why not now."""
        self.measure.setEnabled(not reason)
        self.measure.setToolTip(reason or MEASURE_TIP)

    def _line(self, text: str) -> Label:
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(Label(text, theme=self._theme, size_px=13, ink="muted"))
        row.addStretch()
        value = Label(NONE, theme=self._theme, size_px=13, weight=600)
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        row.addWidget(value)
        self._memory_row = row
        self.add(row)
        return value


def largest_batch(memory: MemoryForecast | None, free_bytes: int | None) -> int | None:
    """The largest power of two that fits the free memory, 0 where nothing does; None where that is unknown."""
    if memory is None or not free_bytes:
        return None
    per_image = max(1, memory.saved // memory.batch_size)
    fits = (free_bytes - (memory.total - memory.saved)) // per_image
    return 1 << (fits.bit_length() - 1) if fits >= 1 else 0


def _in_short(memory: MemoryForecast) -> tuple[str, ...]:
    """What a short format adds, where it is one."""
    if not memory.weight_copies:
        return ()
    return (f"{memory.precision} copies of the weights {num_bytes(memory.weight_copies)}, beside those in float32",)


def _batch_text(batch: int) -> str:
    if batch == 0:
        return "none"
    return f"{MOST_OFFERED_BATCH:,}+" if batch >= MOST_OFFERED_BATCH else f"{batch:,}"


def _with_spread(seconds: float, spread: float) -> str:
    """`14 ± 1 s`; without a figure that is nothing beside it."""
    if seconds < 60 and spread >= 0.05 * seconds:
        decimals = 0 if seconds >= 10 else 1
        return f"{seconds:.{decimals}f} ± {max(spread, 10.0**-decimals):.{decimals}f}{THIN}s"
    return duration(seconds)
