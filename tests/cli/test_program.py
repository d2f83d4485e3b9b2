"""The command line's frame: which command, which exit status, and one line for each error."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from explorer import __version__
from explorer.cli import main
from explorer.cli import program as frame
from explorer.cli.display import require_display
from explorer.errors import ExplorerError

ROOT = Path(__file__).resolve().parents[2]


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize("name", frame.COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    module = import_module(frame.COMMANDS[name].module)
    assert callable(module.run)
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: conv-arch-explorer {name} ")


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert all(f"\n    {name} " in out for name in frame.COMMANDS)


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"conv-arch-explorer {__version__}\n"


BAD_ARGUMENTS = [
    (["describ"], "There is no command describ; is describe meant?"),
    (["vgg16"], "There is no command vgg16; a network is described by: conv-arch-explorer describe vgg16"),
    (["x" * 500], "There is no command " + "x" * 37 + "...;"),
    (["--bogus"], "See conv-arch-explorer --help."),
    (["describe"], "the following arguments are required: NAME|FILE|TEXT. See conv-arch-explorer describe --help."),
    (["describe", "vgg16", "--foo"], "unrecognized arguments: --foo. See conv-arch-explorer --help."),
    (["describe", "vgg16", "vgg19"], "unrecognized arguments: vgg19."),
    (["describe", "vgg16", "--csv", "--json"], "--json: not allowed with argument --csv."),
    (["describe", "vgg16", "--jso"], "unrecognized arguments: --jso."),
    (["describe", "vgg17"], "There is no preset called vgg17; the nearest names are"),
    (["describe", "none.arch.json"], "There is no file none.arch.json."),
    (["describe", ""], "line 1, column 1: There is no block here"),
    (["describe", "((1, 64),\n(2, 64.5))"], "line 2, column 5: A channel count is a whole number, and this is 64.5."),
    (["describe", "((1, 64)"], "line 1, column 1: This bracket is never closed."),
    (["describe", "vgg16", "--input", "224"], "An input is channels x height x width, as in 3x224x224, and"),
    (["describe", "vgg16", "--input", "3x224x0"], "An input width is at least 1, and this is 0."),
    (["describe", "vgg16", "--input", "3x99999x9"], "An input height is at most 65,536, and this is 99,999."),
    (["describe", "vgg16", "--classes", "ten"], '--classes: A number of classes is a whole number, and this is "ten".'),
    (["describe", "vgg16", "--classes", "0"], "--classes: A number of classes is from 1 to 1,000,000, and this is 0."),
    (["describe", "vgg16", "--classes", "-5"], "A number of classes is from 1 to 1,000,000, and this is -5."),
    (["describe", "vgg16", "--classes"], "--classes: expected one argument."),
    (["describe", "vgg16", "--ratio", "0"], "--ratio: A width ratio is a number above 0"),
    (["describe", "vgg16", "--ratio", "nan"], "--ratio: A width ratio is a number above 0"),
    (["describe", "vgg16", "--ratio", "-2"], "--ratio: A width ratio is a number above 0"),
    (["describe", "vgg16", "--ratio", "1e-9"], "A channel count is at most 1,000,000"),
    (["describe", "vgg16", "--batch", "2.5"], '--batch: A batch size is a whole number, and this is "2.5".'),
    (["describe", "vgg16", "--batch", "9" * 30], "--batch: A batch size is a whole number, and this is"),
    (["presets", "vgg16"], "unrecognized arguments: vgg16."),
]  # fmt: skip


@pytest.mark.parametrize(("argv", "sentence"), BAD_ARGUMENTS, ids=range(len(BAD_ARGUMENTS)))
def test_what_the_user_can_mend_is_one_line_on_stderr_and_status_2(
    argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("conv-arch-explorer: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("explorer.cli.presets.run", lambda args: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        main(["presets"])


def test_a_bug_ends_the_program_with_a_traceback_and_status_1() -> None:
    code = "import sys, explorer.cli.presets as p; p.run = lambda a: 1 // 0; from explorer.cli import main; "
    done = python(code + "sys.exit(main(['presets']))")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_ctrl_c_ends_without_a_traceback_and_with_status_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("explorer.cli.presets.run", interrupted)
    assert main(["presets"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a Unix pipe")
def test_a_reader_that_went_away_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "explorer", "describe", "vgg19", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141


def test_a_terminal_without_our_characters_shows_others_instead_of_failing() -> None:
    done = python(
        "from explorer.cli import main; main(['describe', 'vgg11'])", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert done.stderr == ""
    assert "132,863,336" in done.stdout


def test_json_is_exact_whatever_the_terminal_can_show() -> None:
    import json

    code = "from explorer.cli import main; main(['describe', 'd2l-vgg11', '--json', '--input', '1x28x28'])"
    plain = python(code, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    unicode = python(code, PYTHONIOENCODING="utf-8")
    assert json.loads(plain.stdout) == json.loads(unicode.stdout)


@pytest.mark.parametrize(
    "argv",
    [["describe", "vgg16"], ["describe", "vgg16", "--json"], ["describe", "vgg16", "--csv"], ["presets"]],
    ids=" ".join,
)
def test_a_command_loads_neither_torch_nor_qt_nor_numpy(argv: list[str]) -> None:
    code = (
        f"import sys; from explorer.cli import main; status = main({argv}); "
        "heavy = {'torch', 'torchvision', 'PySide6', 'pyqtgraph', 'numpy', 'jinja2'} & set(sys.modules); "
        "assert not heavy, heavy; assert status == 0"
    )
    done = python(code)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("environment", "platform"),
    [
        ({"DISPLAY": "elsewhere:0"}, "linux"),  # another machine is not asked
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux"),
        ({"QT_QPA_PLATFORM": "minimal:enable_fonts"}, "linux"),
        ({}, "win32"),
        ({}, "darwin"),
    ],
)
def test_a_window_needs_a_display_only_where_windows_come_from_one(environment: dict[str, str], platform: str) -> None:
    require_display(environment, platform)


@pytest.mark.skipif(sys.platform == "win32", reason="no such sockets there")
@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ""}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": "wayland-0"}, "DISPLAY is not set"),
        ({"QT_QPA_PLATFORM": "wayland;xcb"}, "WAYLAND_DISPLAY is not set"),
        ({"DISPLAY": ":64999"}, "No display answers at DISPLAY=:64999, so no window can be opened."),
        ({"DISPLAY": "unix:64999.0"}, "No display answers at DISPLAY=unix:64999.0"),
        ({"WAYLAND_DISPLAY": "none", "XDG_RUNTIME_DIR": "/nowhere"}, "No display answers at WAYLAND_DISPLAY=none"),
        ({"WAYLAND_DISPLAY": "x" * 500}, "No display answers at WAYLAND_DISPLAY=x"),
    ],
)
def test_a_display_that_is_not_there_is_told_in_one_sentence(environment: dict[str, str], sentence: str) -> None:
    with pytest.raises(ExplorerError) as caught:
        require_display(environment, "linux")
    assert sentence in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="no such sockets there")
def test_a_display_that_listens_is_enough(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-9"))
        server.listen()
        require_display({"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": str(tmp_path)}, "linux")
        require_display({"WAYLAND_DISPLAY": str(tmp_path / "wayland-9"), "DISPLAY": ":64999"}, "linux")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have one")
def test_without_a_display_the_window_is_refused_in_one_sentence_and_qt_is_not_loaded() -> None:
    code = "import sys; from explorer.cli import main; s = main([]); assert 'PySide6' not in sys.modules; sys.exit(s)"
    done = python(code, DISPLAY="", WAYLAND_DISPLAY="", QT_QPA_PLATFORM="")
    assert done.returncode == 2
    assert done.stderr.startswith("conv-arch-explorer: There is no display to open a window on")
    assert done.stderr.count("\n") == 1


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What the window was asked to open, call by call; no window is opened."""
    calls: list[list[str]] = []
    window = ModuleType("explorer.gui.app")

    def run_window(paths: Sequence[str]) -> int:
        calls.append(list(paths))
        return 0

    window.run_window = run_window  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "explorer.gui.app", window)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return calls


def test_no_arguments_open_the_window_and_a_file_opens_it_with_its_network(
    tmp_path: Path, opened: list[list[str]]
) -> None:
    files = [tmp_path / "a.arch.json", tmp_path / "plain"]
    for file in files:
        file.write_text("")
        assert main([str(file)]) == 0
    assert main([]) == 0
    assert opened == [[str(files[0])], [str(files[1])], []]


def test_a_missing_file_and_several_files_are_refused_before_the_window(
    tmp_path: Path, opened: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").write_text("")
    assert main(["none.arch.json"]) == 2
    assert main([str(tmp_path / "a"), str(tmp_path / "a")]) == 2
    assert capsys.readouterr().err == (
        "conv-arch-explorer: There is no file none.arch.json.\n"
        "conv-arch-explorer: The window opens one network at a time, and 2 files are named.\n"
    )
    assert opened == []


def test_a_program_without_a_console_still_runs(opened: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main([]) == 0
    assert main(["nonsense"]) == 2


def test_a_line_of_error_stays_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    frame.print_error(ExplorerError("One\n  two."))
    assert stream.getvalue() == "conv-arch-explorer: One two.\n"
