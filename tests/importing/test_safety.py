"""No text is ever executed, and each is answered soon."""

import contextlib
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.arch.presets import starter
from explorer.errors import ImportTextError
from explorer.importing.explain import explain_error, looks_like_error
from explorer.importing.read import import_text

SOON_S = 3.0
NET = "net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(10, 10))\n"


def answered(text: str) -> float:
    """Seconds until `text` has an answer, whatever it is."""
    begin = time.perf_counter()
    with contextlib.suppress(ImportTextError):
        import_text(text)
    return time.perf_counter() - begin


def test_code_with_side_effects_stays_inert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marker = tmp_path / "written"
    monkeypatch.setenv("LEFT_ALONE", "yes")
    code = f"""
import os, sys, subprocess, pathlib, builtins
open({str(marker)!r}, "w").write("x")
pathlib.Path({str(marker)!r}).touch()
os.system("touch {marker}")
subprocess.run(["touch", {str(marker)!r}])
os.environ["LEFT_ALONE"] = "no"
exec("open({str(marker)!r}, 'w')")
eval("__import__('os').system('touch {marker}')")
(lambda: __import__("os").mkdir({str(marker)!r}))()
().__class__.__base__.__subclasses__()
getattr(os, "sys" + "tem")("touch {marker}")
class Evil(nn.Module):
    def __init__(self):
        open({str(marker)!r}, "w")
        raise SystemExit
    def __getattr__(self, name):
        os._exit(3)
net = Evil()
print(f"{{net.x}}")
sys.exit(1)
{NET}
"""
    imported = import_text(code)
    assert imported.spec.blocks[0].out_channels == 8
    assert not marker.exists()
    import os

    assert os.environ["LEFT_ALONE"] == "yes"


BOMBS = [
    "x = 10 ** 10 ** 10 ** 10\n" + NET,
    "x = [0] * 10 ** 12\nx = 'a' * 10 ** 12\n" + NET,
    "for i in range(10 ** 15):\n    x = i\n" + NET,
    "x = [[a for a in range(1000)] for b in range(1000) for c in range(1000)]\n" + NET,
    "def f():\n    return f()\nf()\n" + NET,
    "def f(n):\n    return f(n + 1) + f(n + 1)\nf(0)\n" + NET,
    "a = []\n" + "a = [a, a]\n" * 60 + "net = nn.Sequential(a)\n" + NET,
    "net = nn.Sequential()\nnet.append(net)\n",
    "x = 1\n" + "x = x * 1000000007\n" * 5_000 + NET,
    "x = " + "-" * 20_000 + "1\n" + NET,
    "x = a" + ".b" * 20_000 + "\n" + NET,
    "x = " + "1 + " * 20_000 + "1\n" + NET,
    "if x:\n" + "".join(" " * n + "if x:\n" for n in range(1, 99)) + " " * 99 + "pass\n" + NET,
    "layers = [nn.Conv2d(3, 3, 3)]\nfor _ in range(60):\n    layers += layers\nnet = nn.Sequential(*layers)\n",
    "while 1:\n    pass\n",
    "(0): Conv2d(1, 8, kernel_size=(3, 3))\n" * 4_000,
    "(0-999999): 999999 x Sequential(\n  (0): ReLU()\n" * 30,
]


@pytest.mark.parametrize("text", BOMBS, ids=[text[:30] for text in BOMBS])
def test_a_text_that_would_never_end_is_answered_soon(text: str) -> None:
    assert answered(text) < SOON_S


@pytest.mark.parametrize(
    "alphabet", ["abc ()[]{},.=\n:\"'#0123456789", "(", "((((()))))\n", "x=1\n", "a b\n", "\x00\xff é卷\n"]
)
def test_a_megabyte_of_junk_is_answered_soon(alphabet: str) -> None:
    chooser = random.Random(7)
    junk = "".join(chooser.choices(alphabet, k=1_000_000))
    assert answered(junk) < 1.0
    assert answered(junk[:199_000]) < SOON_S
    begin = time.perf_counter()
    assert not looks_like_error(junk)
    assert time.perf_counter() - begin < 1.0


def test_a_text_that_is_too_long_says_how_long_it_may_be() -> None:
    with pytest.raises(ImportTextError, match="1,000,000 characters, and an import reads up to 200,000"):
        import_text("x = 1\n" * 166_666 + "x=1\n")


PIECES = [
    "nn.Conv2d(",
    "Conv2D(",
    "3",
    ", ",
    ")",
    "(",
    "\n",
    "model.add(",
    "net = ",
    "nn.Sequential(",
    "for i in range(3):\n  ",
    "Flatten()",
    "nn.Linear(",
    "[",
    "]",
    "'same'",
    "x",
    "*",
    "lambda x: ",
    "self.",
    "def f(x):\n  return ",
    "-",
    "{",
    "}",
    "'M'",
    "class A(nn.Module):\n  ",
    "super()",
    "(0): ",
    "ReLU()",
    "=",
    "if ",
    "else ",
    "None",
    "1e400",
    "**",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_of_pieces_of_code_gives_a_network_or_a_sentence(text: str) -> None:
    fault: ImportTextError | None = None
    try:
        assert import_text(text).spec.blocks
    except ImportTextError as error:
        fault = error
    assert fault is None or (str(fault) and fault.line >= 1)
    explain_error(text, starter().spec)
