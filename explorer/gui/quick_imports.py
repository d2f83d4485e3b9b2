"""Importing this makes the imports after it as fast as Python's own.

PySide puts a function of its own before every import, to find out whether a module uses its `__feature__` switches: it
reads the source of each module that is imported from then on. No module of ours uses them, and torch alone has some
900: without it the window comes a tenth sooner, and torch a tenth too.
"""

from __future__ import annotations

import builtins

import PySide6.QtCore  # noqa: F401 - it wraps the import when it is loaded

WRAPPER = "__feature_import__"


def unwatch_imports() -> None:
    """Give back the import that PySide has wrapped; nothing where it has not."""
    plain = getattr(builtins, "__orig_import__", None)
    if callable(plain) and getattr(builtins.__import__, "__name__", "") == WRAPPER:
        builtins.__import__ = plain


unwatch_imports()
