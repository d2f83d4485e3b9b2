"""Imports after the application is loaded are Python's own."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.gui

_CODE = """
import builtins, sys
import explorer.gui.app
assert builtins.__import__.__name__ != "__feature_import__", builtins.__import__
seen = sys.modules["shibokensupport.feature"].pyside_feature_dict
import wave
assert "explorer.gui.main_window" not in seen and "wave" not in seen, sorted(seen)
from PySide6.QtCore import QObject
assert QObject().objectName() == ""
"""


def test_no_module_of_ours_is_read_for_switches_that_we_do_not_use() -> None:
    done = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
