#!/usr/bin/env python3
"""Makes the README's pictures from the real window, and with `--all` every state in every size, theme and scale.

`python3 packaging/screenshots.py` writes into `packaging/screenshots/`; it needs the environment of `dev.py` and, on
Linux without a screen, Xvfb. `--all FOLDER` writes the whole matrix (pages, sizes, light and dark, 1× and 2×) there.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

sys.path.insert(0, str(Path(__file__).resolve().parent))

import dev

if TYPE_CHECKING:
    from explorer.gui.main_window import MainWindow


class Wait(Protocol):
    """Lets the window live for some seconds, or until something holds."""

    def __call__(self, seconds: float, until: Callable[[], bool] = ...) -> None:
        """Process events for at most `seconds`."""


README_FOLDER = Path(__file__).resolve().parent / "screenshots"
README_SHOTS = (
    ("design-light.png", "design", "light", 1440, 900),
    ("design-dark.png", "vgg16", "dark", 1440, 900),
    ("design-failing.png", "failing", "light", 1440, 900),
    ("train-light.png", "after", "light", 1440, 900),
    ("resnet18-light.png", "resnet18", "light", 1440, 900),
    ("compare-light.png", "compare", "light", 1440, 900),
)
State = Callable[["MainWindow", Wait], None]
STATES = ("design", "vgg16", "googlenet", "resnet18", "failing", "empty", "compare", "before", "during", "after")
SIZES = ((1440, 900), (1100, 700))
THEMES = ("light", "dark")


def main() -> int:
    """Take the pictures; 0 if all were taken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every state, size, theme and scale into FOLDER")
    parser.add_argument(
        "--take", nargs=5, metavar=("STATE", "THEME", "WIDTH", "HEIGHT", "FILE"), help=argparse.SUPPRESS
    )
    options = parser.parse_args()
    if options.take:
        state, theme, width, height, file = options.take
        take(state, theme, int(width), int(height), Path(file))
        return 0
    if options.all:
        jobs = [
            (options.all / f"{state}-{theme}-{width}x{height}-{scale}x.png", state, theme, width, height, scale)
            for state, theme, (width, height), scale in itertools.product(STATES, THEMES, SIZES, (1, 2))
        ]
    else:
        jobs = [
            (README_FOLDER / name, state, theme, width, height, 1) for name, state, theme, width, height in README_SHOTS
        ]
    with dev.virtual_display() as display:
        return max(run_job(display, *job) for job in jobs)


def run_job(display: str, path: Path, state: str, theme: str, width: int, height: int, scale: int) -> int:
    """One picture in a process of its own, because the scale is fixed when Qt starts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "QT_SCALE_FACTOR": str(scale),
            "CONV_ARCH_HOME": home,
        }
        command = [dev.venv_python(), str(Path(__file__).resolve()), "--take", state, theme, str(width), str(height)]
        code = subprocess.call([*command, str(path)], cwd=dev.ROOT, env=environment)
    print(f"{'written' if code == 0 else 'FAILED'}: {path.name}", flush=True)
    return code


def take(state: str, theme: str, width: int, height: int, path: Path) -> None:
    """Bring a window into `state` and save what it shows."""
    from explorer.runtime_env import prepare_environment

    prepare_environment()
    from explorer.gui.app import make_application
    from explorer.gui.appearance import Appearance
    from explorer.gui.main_window import MainWindow
    from explorer.runs.places import default_store_folder
    from explorer.settings import SettingsStore

    application = make_application()
    window = MainWindow(SettingsStore(), Appearance(application, theme), store_folder=default_store_folder())
    window.resize(width, height)
    window.show()

    def wait(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            application.processEvents()
            time.sleep(0.005)

    window.sample.load_built_in()
    wait(0.5)
    STATE_MAKERS[state](window, wait)
    wait(0.6)
    if not window.grab().save(str(path)):
        raise SystemExit(f"{path} could not be written")
    window.training.close()
    window.close()


def show_design(window: MainWindow, wait: Wait) -> None:
    """The starter with a block selected."""
    wait(0.1)
    window.document.select("block3")


def show_preset(name: str) -> State:
    """A preset with its third block selected."""

    def show(window: MainWindow, wait: Wait) -> None:
        from explorer.arch.presets import find_preset

        wait(0.1)
        window.files.open_preset(find_preset(name))
        window.document.select("block3")

    return show


def show_failing(window: MainWindow, wait: Wait) -> None:
    """A map that collapses, and a text that cannot be read."""
    from dataclasses import replace

    from explorer.arch.presets import find_preset
    from explorer.arch.spec import InputShape

    preset = find_preset("vgg11-tiny-32")
    window.files.open_preset(preset)
    spec = replace(preset.spec, input=InputShape(1, 28, 28), name="vgg11-tiny-28")
    window.document.edit(spec, "Input 28 × 28")
    window.document.select("block5")
    wait(0.3)
    bar = window.design.arch_bar
    bar.focus_field()
    wait(0.2)
    text = bar.field.toPlainText()
    bar.field.setPlainText(f"{text[: text.rindex('64')]}64.5))")


def show_empty(window: MainWindow, wait: Wait) -> None:
    """A network without blocks."""
    from dataclasses import replace

    wait(0.1)
    window.document.edit(replace(window.document.spec, blocks=(), name="new network"), "Delete all blocks")


def show_compare(window: MainWindow, wait: Wait) -> None:
    """VGG-19 and ResNet-50 side by side."""
    window.show_page("compare")
    wait(0.5)
    window.comparing.page.compare_keys("preset:vgg19", "preset:resnet50")


def show_train(until: str) -> State:
    """The page Train before, during or after a run on the built-in pictures."""

    def show(window: MainWindow, wait: Wait) -> None:
        window.show_page("train")
        window.training.loader.start()
        wait(30, lambda: window.training.loader.is_ready)
        wait(1)
        if until == "before":
            return
        window.training.page.start_or_continue()
        wait(60, lambda: window.training.is_live)
        if until == "during":
            wait(25)
        else:
            wait(600, lambda: not window.training.is_live)

    return show


STATE_MAKERS = {
    "design": show_design,
    "vgg16": show_preset("vgg16"),
    "googlenet": show_preset("googlenet"),
    "resnet18": show_preset("resnet18"),
    "compare": show_compare,
    "failing": show_failing,
    "empty": show_empty,
    "before": show_train("before"),
    "during": show_train("during"),
    "after": show_train("after"),
}
"""State -> what brings a window into it."""


if __name__ == "__main__":
    sys.exit(main())
