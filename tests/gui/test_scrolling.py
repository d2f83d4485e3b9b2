"""A scroll bar that comes or goes moves nothing, and is not seen where nothing can be scrolled."""

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Ground, QuietScrollBar, ScrollColumn
from explorer.gui.widgets.scroll import BAR_WIDTH

pytestmark = pytest.mark.gui


def column(qtbot: QtBot, content_height: int) -> ScrollColumn:
    content = Ground("panel", theme=ThemeSource())
    content.setMinimumHeight(content_height)
    area = ScrollColumn(content)
    qtbot.addWidget(area)
    area.resize(304, 400)
    area.show()
    qtbot.waitExposed(area)
    QApplication.processEvents()
    return area


@pytest.mark.parametrize("height", [100, 2000])
def test_the_content_of_a_column_is_as_wide_as_the_column_with_and_without_a_bar(qtbot: QtBot, height: int) -> None:
    area = column(qtbot, height)
    content = area.widget()
    assert content is not None
    assert (content.x(), content.width()) == (0, 304)
    bar = area.verticalScrollBar()
    assert bar.maximum() == max(0, height - 400)
    assert bar.mapTo(area, bar.rect().topLeft()).x() == 304 - BAR_WIDTH, "it lies over the right margin"


@pytest.mark.parametrize("height", [100, 2000])
def test_the_bar_is_painted_only_where_there_is_something_to_scroll(qtbot: QtBot, height: int) -> None:
    area = column(qtbot, height)
    assert isinstance(area.verticalScrollBar(), QuietScrollBar)
    picture = area.grab().toImage()
    x = round((304 - BAR_WIDTH / 2) * picture.devicePixelRatio())
    seen = {picture.pixelColor(x, y).name() for y in range(8, picture.height() - 8)}
    assert (len(seen) > 1) == (height > 400)
