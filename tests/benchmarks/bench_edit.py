"""From an edit of a network to everything repainted: text, diagram, inspector, table and header.

The clock stops when each of these views has been painted after the new numbers were announced; what is still to be
painted from the edit before does not count.
"""

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

EDITS = 80


def measure(name: str = "vgg19", edited: int = 2) -> dict[str, float]:
    """Median and 95th percentile in ms over edits of one block, counted from 0, in the real window at 1440 × 900."""
    os.environ.setdefault("QT_QPA_PLATFORM", "xcb" if "DISPLAY" in os.environ else "offscreen")
    from PySide6.QtCore import QEvent, QObject
    from PySide6.QtWidgets import QWidget

    from explorer.arch.presets import find_preset
    from explorer.gui.app import make_application
    from explorer.gui.appearance import Appearance
    from explorer.gui.main_window import MainWindow
    from explorer.runtime_env import collect_seldom
    from explorer.settings import SettingsStore

    collect_seldom()  # as the program does at its start

    class PaintWatch(QObject):
        """Which widgets were painted since the numbers last changed."""

        def __init__(self) -> None:
            super().__init__()
            self.painted: set[int] = set()

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 (Qt's name)
            if event.type() == QEvent.Type.Paint:
                self.painted.add(id(watched))
            return False

    with tempfile.TemporaryDirectory() as home:
        os.environ["CONV_ARCH_HOME"] = home
        application = make_application()
        window = MainWindow(SettingsStore(), Appearance(application, "light"), store_folder=Path(home))
        window.resize(1440, 900)
        window.show()
        spec = find_preset(name).spec
        window.document.reset(spec)
        window.document.select(f"block{edited + 1}")
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            application.processEvents()
        watch = PaintWatch()
        design = window.design
        views = [design.diagram.canvas, design.table.tree, design.arch_bar.field, design.inspector, window.header]
        families = [[view, *view.findChildren(QWidget)] for view in views]
        for family in families:
            for child in family:
                child.installEventFilter(watch)
        ids = [{id(child) for child in family} for family in families]
        window.document.summary_changed.connect(lambda: watch.painted.clear())
        seconds = []
        for index in range(EDITS):
            block = spec.blocks[edited].with_channels(200 + 8 * (index % 9))
            block = block.with_count(3 + index % 2) if block.count_noun else block
            wanted = spec.with_block(edited, block)
            start = time.perf_counter()
            window.document.edit(wanted, f"Block {edited + 1} changed")
            watch.painted.clear()
            while True:
                application.processEvents()
                if all(watch.painted & family for family in ids):
                    break
                if time.perf_counter() - start > 5:
                    raise RuntimeError("not every view was repainted")
            seconds.append(time.perf_counter() - start)
        window.close()
    seconds.sort()
    return {
        "edit_p50_ms": statistics.median(seconds) * 1000,
        "edit_p95_ms": seconds[int(0.95 * len(seconds))] * 1000,
        "edit_max_ms": seconds[-1] * 1000,
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
