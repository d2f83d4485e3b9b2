#!/usr/bin/env python3
"""Set-up in one file: `dev.py app` opens the window, `dev.py test` runs the tests, `dev.py bench` measures.

Each first makes `.venv` beside this folder and installs the project into it; a stamp file makes later starts cost
nothing. Needs only the standard library.
What the operating system lacks is named together with the one command that brings it; as root on Debian it is run.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "conv-arch-explorer.stamp"
MIN_PYTHON = (3, 11)

# Library file -> Debian package: what Qt needs on a bare system, even without a screen.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
# The same for a real window on X11.
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
# Program -> Debian package: the stage of the tests that drives a real window.
STAGE_PROGRAMS = {"Xvfb": "xvfb", "openbox": "openbox", "xdotool": "xdotool"}
# Folder -> Debian package: the full Fashion-MNIST, on which the benchmarks train.
DATA_FOLDERS = {"/usr/share/datasets/fashion-mnist": "dataset-fashion-mnist"}


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two commands; return its exit code."""
    parser = argparse.ArgumentParser(prog="dev.py", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("app", help="install if needed and open the window; what follows is passed on")
    test = commands.add_parser("test", help="install if needed and run all checks and tests")
    test.add_argument("--quick", action="store_true", help="only style, types and the tier without torch and Qt")
    commands.add_parser("bench", help="install if needed, measure every asked figure; --quick leaves out trainings")
    options, passed_on = parser.parse_known_args(arguments)
    if options.command == "test" and passed_on:
        parser.error(f"test takes no {passed_on[0]}")
    if sys.version_info < MIN_PYTHON:
        return fail(f"Python {MIN_PYTHON[0]}.{MIN_PYTHON[1]} or newer is needed, and this is {sys.version.split()[0]}.")
    is_bench = options.command == "bench"
    for_stage = is_bench or (options.command == "test" and not options.quick)
    if not install_system_packages(for_stage=for_stage, for_training=is_bench):
        return 2
    if not install_project():
        return 2
    if options.command == "app":
        environment = dict(os.environ)
        environment.pop("PYTHONDONTWRITEBYTECODE", None)  # compile once, not at each start
        return subprocess.call([venv_python(), "-m", "explorer", *passed_on], cwd=ROOT, env=environment)
    if options.command == "bench":
        return run_benchmarks(passed_on)
    return run_tests(quick=options.quick)


def fail(message: str) -> int:
    """Print why nothing more happens; return the exit code for it."""
    print(f"dev.py: {message}", file=sys.stderr)
    return 2


def venv_python() -> str:
    """The interpreter of `.venv`."""
    return str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


# ---------------------------------------------------------------------------------------------- the operating system


def install_system_packages(*, for_stage: bool, for_training: bool = False) -> bool:
    """Whether Qt's libraries are there, after installing them where this process may."""
    if not sys.platform.startswith("linux"):
        return True
    missing = missing_packages(for_stage=for_stage, for_training=for_training)
    if not missing:
        return True
    if shutil.which("apt-get") and os.geteuid() == 0:
        apt_get("update")
        apt_get("install", "-y", "--no-install-recommends", *missing)
        missing = missing_packages(for_stage=for_stage, for_training=for_training)
        if not missing:
            return True
    print(f"dev.py: missing on this system: {', '.join(missing)}.", file=sys.stderr)
    print(f"dev.py: on Debian or Ubuntu: sudo apt-get install {' '.join(missing)}", file=sys.stderr)
    needed = {*QT_LIBRARIES.values(), "python3-venv"}
    return not needed.intersection(missing)


def missing_packages(*, for_stage: bool, for_training: bool = False) -> list[str]:
    """The Debian packages whose libraries, programs or data are not found."""
    libraries = QT_LIBRARIES | X11_LIBRARIES
    missing = [package for library, package in libraries.items() if not loads(library)]
    if for_stage:
        missing += [package for program, package in STAGE_PROGRAMS.items() if not shutil.which(program)]
    if for_training:
        missing += [package for folder, package in DATA_FOLDERS.items() if not Path(folder).is_dir()]
    if not shutil.which("uv") and importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    if not Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists() and for_stage:
        missing.append("fonts-noto-cjk")
    return missing


def loads(library: str) -> bool:
    """Whether the dynamic loader finds `library`."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def apt_get(*arguments: str) -> None:
    """Run apt-get without questions; a failure shows in what is missing afterwards."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.call(["apt-get", "-q", *arguments], env=environment, stdout=sys.stderr)


# ------------------------------------------------------------------------------------------------------- the project


def install_project() -> bool:
    """Whether the project is installed in `.venv`; does nothing if it was installed from the same pyproject.toml."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    if Path(venv_python()).exists() and STAMP.exists() and STAMP.read_text() == wanted:
        return True
    print("dev.py: installing into .venv (PyTorch is large: this takes some minutes the first time)", file=sys.stderr)
    uv = shutil.which("uv")
    make = [uv, "venv", "--python", sys.executable, str(VENV)] if uv else [sys.executable, "-m", "venv", str(VENV)]
    if not Path(venv_python()).exists() and subprocess.call(make) != 0:
        print("dev.py: the environment .venv could not be made.", file=sys.stderr)
        return False
    pip = [uv, "pip", "install", "--python", venv_python()] if uv else [venv_python(), "-m", "pip", "install", "-q"]
    if subprocess.call([*pip, "-e", f"{ROOT}[dev]"], cwd=ROOT, stdout=sys.stderr) != 0:
        print("dev.py: installing failed; the lines above say what could not be had.", file=sys.stderr)
        return False
    STAMP.write_text(wanted)
    return True


# --------------------------------------------------------------------------------------------------------- the tests


def run_tests(*, quick: bool) -> int:
    """Run every stage, all of them even after a failure; return 0 if all passed."""
    python = venv_python()
    pytest = [python, "-m", "pytest", "-q"]
    scripts = [str(path) for path in sorted(ROOT.glob("packaging/*.py"))]
    stages: list[tuple[str, list[str], dict[str, str]]] = [
        ("style", [python, "-m", "ruff", "check", "."], {}),
        ("format", [python, "-m", "ruff", "format", "--check", "."], {}),
        ("types", [python, "-m", "mypy", "explorer", "tests"], {}),
        ("types of packaging", [python, "-m", "mypy", *scripts], {"MYPYPATH": str(ROOT / "packaging")}),
        ("quick tier", [*pytest, "-m", "not torch and not gui and not xcb"], {}),
    ]
    if not quick:
        offscreen = {"QT_QPA_PLATFORM": "offscreen"}
        stages += [
            ("torch tier", [*pytest, "-m", "torch and not gui and not xcb"], {"OMP_NUM_THREADS": "2"}),
            ("gui tier", [*pytest, "-m", "gui and not xcb"], offscreen),
        ]
    results = [run_stage(name, command, environment) for name, command, environment in stages]
    if not quick:
        results.append(run_xcb_stage(pytest))
    print("\nStage                 Result    Seconds")
    for name, passed, seconds in results:
        print(f"{name:20}  {passed:8}  {seconds:7.1f}")
    return 0 if all(passed != "FAILED" for _, passed, _ in results) else 1


def run_stage(name: str, command: list[str], environment: dict[str, str]) -> tuple[str, str, float]:
    """(name, passed or FAILED, seconds) of one command."""
    print(f"\n=== {name} ===", flush=True)
    start = time.monotonic()
    code = subprocess.call(command, cwd=ROOT, env=os.environ | {"PYTHONUNBUFFERED": "1"} | environment)
    return name, "passed" if code == 0 else "FAILED", time.monotonic() - start


def run_xcb_stage(pytest: list[str]) -> tuple[str, str, float]:
    """The tests that drive a real window: under Xvfb with a window manager, where both are there."""
    name = "xcb stage"
    if not has_stage():
        print(f"\n=== {name}: left out, it needs Linux with {', '.join(STAGE_PROGRAMS.values())} ===", flush=True)
        return name, "FAILED" if os.environ.get("CI") and sys.platform.startswith("linux") else "left out", 0.0
    with virtual_display() as display:
        environment = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        return run_stage(name, [*pytest, "-m", "xcb"], environment)


def run_benchmarks(arguments: list[str]) -> int:
    """Print the table of figures; in a real window on a virtual screen where there is one."""
    command = [venv_python(), "tests/benchmarks/run_all.py", *arguments]
    if not has_stage():
        return subprocess.call(command, cwd=ROOT)
    with virtual_display() as display:
        return subprocess.call(command, cwd=ROOT, env=os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"})


def has_stage() -> bool:
    """Whether a virtual screen with a window manager can be had."""
    return sys.platform.startswith("linux") and all(map(shutil.which, STAGE_PROGRAMS))


@contextlib.contextmanager
def virtual_display() -> Iterator[str]:
    """The name of a display of our own (`:99`), with a window manager; both end with the block."""
    read_end, write_end = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=(write_end,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        display = f":{pipe.readline().strip()}"
    manager = subprocess.Popen(["openbox"], env=os.environ | {"DISPLAY": display}, stderr=subprocess.DEVNULL)
    try:
        yield display
    finally:
        for process in (manager, server):
            process.terminate()
            process.wait(timeout=10)


if __name__ == "__main__":
    sys.exit(main())
