"""The plots as widgets: what is drawn, the crosshair, zoom, pan, clicks, and plots as files."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from explorer.errors import FileError
from explorer.gui.panels.run_texts import figures
from explorer.gui.plots.bands import epoch_ticks
from explorer.gui.plots.board import PlotBoard, ShownRun
from explorer.gui.plots.curve_plot import CurvePlot
from explorer.gui.plots.curves import RunCurves
from explorer.gui.plots.export import csv_text, save_picture
from explorer.gui.plots.painting import Frame
from explorer.gui.plots.readout import readout, shortened_names
from explorer.gui.plots.strip import Strip
from explorer.gui.theme import DARK, LIGHT, ThemeSource
from explorer.runs.events import RunEvent
from explorer.runs.history import History
from tests.gui.train_samples import evaluated, started, steps, whole_run

pytestmark = pytest.mark.gui


def shown(run_id: int, *, live: bool = False, name: str = "", accuracy: float = 0.8) -> ShownRun:
    curves = RunCurves(run_id)
    curves.add_all(whole_run(accuracy=accuracy))
    return ShownRun(curves, name or f"net · run {run_id}", run_id - 1, is_live=live)


@pytest.fixture
def board() -> Iterator[PlotBoard]:
    board = PlotBoard()
    yield board
    board.deleteLater()


@pytest.fixture
def plot(qtbot: QtBot, board: PlotBoard, theme: ThemeSource) -> CurvePlot:
    plot = CurvePlot(board, "loss", theme=theme)
    qtbot.addWidget(plot)
    plot.resize(520, 380)
    plot.show()
    return plot


def ink(image: QImage, color: QColor) -> int:
    """How many pixels have exactly this colour."""
    return sum(image.pixelColor(x, y) == color for x in range(image.width()) for y in range(image.height()))


def place_of(plot: CurvePlot, x: float, y: float) -> QPoint:
    frame = plot.frame()
    return QPoint(round(frame.px_x(x)), round(frame.px_y(y)))


def test_a_shown_run_is_painted_in_its_colour(plot: CurvePlot, board: PlotBoard) -> None:
    before = ink(plot.grab().toImage(), LIGHT.run_color(0))
    board.set_runs([shown(1)])
    assert before == 0
    assert ink(plot.grab().toImage(), LIGHT.run_color(0)) > 50


def test_another_theme_repaints_what_was_kept(plot: CurvePlot, board: PlotBoard, theme: ThemeSource) -> None:
    board.set_runs([shown(1)])
    plot.grab()
    theme.set_theme(DARK)
    image = plot.grab().toImage()
    assert ink(image, DARK.run_color(0)) > 50
    assert ink(image, LIGHT.run_color(0)) == 0


def test_still_runs_are_not_painted_again_while_another_grows(
    plot: CurvePlot, board: PlotBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.set_runs([shown(1), shown(2, live=True)])
    plot.grab()
    painted: list[bool] = []
    paint = plot.paint_runs

    def note(painter: QPainter, frame: Frame, *, live: bool) -> None:
        painted.append(live)
        paint(painter, frame, live=live)

    monkeypatch.setattr(plot, "paint_runs", note)
    board.live_changed.emit()
    plot.grab()
    assert painted == [True]


def test_growth_is_announced_about_ten_times_a_second_however_often_it_is_noted(qtbot: QtBot, board: PlotBoard) -> None:
    board.set_runs([shown(1, live=True)])
    heard: list[int] = []
    board.live_changed.connect(lambda: heard.append(1))
    for _ in range(60):
        board.note_live()
        qtbot.wait(5)
    assert 1 <= len(heard) <= 5


def test_the_range_steps_up_only_when_the_curve_leaves_it(plot: CurvePlot, board: PlotBoard) -> None:
    curves = RunCurves(1)
    curves.add_all([started(50), steps(1, 200, loss=2.0)])
    board.set_runs([ShownRun(curves, "net", 0, is_live=True)])
    before = plot.frame().y
    curves.add(steps(201, 20, loss=2.0))
    board.live_changed.emit()
    assert plot.frame().y == before
    curves.add(steps(221, 400, loss=40.0))
    board.live_changed.emit()
    assert plot.frame().y[1] > before[1]


def test_dragging_a_box_zooms_and_a_double_click_shows_everything_again(plot: CurvePlot, board: PlotBoard) -> None:
    board.set_runs([shown(1)])
    whole = plot.frame()
    first, last = place_of(plot, 0.5, whole.y[1] * 0.8), place_of(plot, 1.5, whole.y[1] * 0.2)
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=first)
    QTest.mouseMove(plot, QPoint((first.x() + last.x()) // 2, (first.y() + last.y()) // 2))
    QTest.mouseMove(plot, last)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=last)
    assert board.zoom == pytest.approx((0.5, 1.5), abs=0.02)
    assert plot.frame().y == pytest.approx((whole.y[1] * 0.2, whole.y[1] * 0.8), rel=0.03)
    QTest.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=first)
    assert board.zoom is None
    assert plot.frame().y == whole.y


def test_dragging_with_shift_pans(plot: CurvePlot, board: PlotBoard) -> None:
    board.set_runs([shown(1)])
    board.set_zoom((0.5, 1.0))
    place = place_of(plot, 0.75, 0.5)
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, place)
    QTest.mouseMove(plot, place - QPoint(90, 0))
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, place - QPoint(90, 0))
    by = 90 / plot.frame().area.width() * 0.5
    assert board.zoom == pytest.approx((0.5 + by, 1.0 + by), abs=1e-6)


def test_the_crosshair_is_shared_by_plots_and_strips(
    qtbot: QtBot, plot: CurvePlot, board: PlotBoard, theme: ThemeSource
) -> None:
    strip = Strip(board, "rate", theme=theme)
    qtbot.addWidget(strip)
    board.set_runs([shown(1)])
    QTest.mouseMove(plot, place_of(plot, 1.0, 0.5))
    assert board.cursor_x == pytest.approx(1.0, abs=0.01)
    assert strip.value_text() == "0.10"
    found = readout(board, "loss")
    assert found is not None
    assert found.title == "Epoch 1.0 · step 20"
    assert found.rows[0].validation == "0.500"


def test_a_click_on_a_curve_selects_its_run_and_a_click_beside_it_none(
    qtbot: QtBot, plot: CurvePlot, board: PlotBoard
) -> None:
    run = shown(1)
    board.set_runs([run])
    value = float(run.curves.smooth["loss"].points.values[29])
    with qtbot.waitSignal(board.run_clicked) as heard:
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=place_of(plot, 1.5, value))
    assert heard.args == [1]
    assert plot.run_at(QPointF(place_of(plot, 1.5, value)) - QPointF(0, 60)) is None


def test_l_puts_the_loss_on_a_logarithmic_axis_and_says_how_many_zeros_it_cannot_show(
    plot: CurvePlot, board: PlotBoard
) -> None:
    curves = RunCurves(1)
    curves.add_all([started(), steps(1, 3, loss=0.0), steps(4, 30)])
    board.set_runs([ShownRun(curves, "net", 0)])
    QTest.keyClick(plot, Qt.Key.Key_L)
    assert board.is_log
    assert plot.frame().y[0] > 0
    assert plot.note() == "3 losses of 0 are not on a logarithmic axis"


def test_without_runs_the_plot_says_how_to_get_curves(plot: CurvePlot) -> None:
    assert plot.note() == "Press Start: curves appear here within seconds"


def test_without_runs_the_plot_does_not_advise_a_start_that_cannot_be(plot: CurvePlot, board: PlotBoard) -> None:
    board.set_can_start(False)
    assert plot.note() == "Curves appear here once a run can start"
    board.set_can_start(True)
    assert plot.note() == "Press Start: curves appear here within seconds"


def test_smoothing_leaves_the_raw_curve_as_it_is(board: PlotBoard) -> None:
    run = shown(1)
    board.set_runs([run])
    raw = run.curves.raw["loss"].points.values.copy()
    board.set_smoothing(0.0)
    assert run.curves.smooth["loss"].points.values.tolist() == raw.tolist()
    board.set_smoothing(0.999)
    assert run.curves.raw["loss"].points.values.tolist() == raw.tolist()


def test_the_strip_and_the_run_bar_show_the_same_speed(qtbot: QtBot, board: PlotBoard, theme: ThemeSource) -> None:
    events: list[RunEvent] = [started(), steps(1, 10), replace(steps(11, 10), images_per_s=1000.0)]
    curves = RunCurves(1)
    curves.add_all(events)
    board.set_runs([ShownRun(curves, "net", 0, is_live=True)])
    strip = Strip(board, "speed", theme=theme)
    qtbot.addWidget(strip)
    assert strip.value_text() == figures(History(events), live=True).speed == "1,600"


def test_bands_count_whole_epochs() -> None:
    area = QRectF(0, 0, 250, 100)
    assert [label for _x, label in epoch_ticks(Frame(area, (1.0, 2.0), (0.0, 1.0)))] == ["1", "2"]
    assert [label for _x, label in epoch_ticks(Frame(area, (1.0, 10.0), (0.0, 1.0)))] == ["2", "4", "6", "8", "10"]


def test_without_a_run_the_axis_is_that_of_the_run_to_come(board: PlotBoard) -> None:
    board.set_plan(10, 1570)
    assert board.x_range() == (0.0, 10.0)
    suggested = board.smoothing
    board.set_across("steps")
    assert board.x_range() == (0.0, 1570.0)
    board.set_runs([shown(1)])
    assert board.x_range() == (0.0, 40.0), "of a shown run, not of the plan"
    board.set_plan(30, 90_000)
    assert board.smoothing == suggested, "curves that are looked at stay as smooth as they are"
    board.set_runs([])
    assert board.x_range() == (0.0, 90_000.0)


def test_a_chosen_smoothing_is_not_overruled_by_a_suggestion(board: PlotBoard) -> None:
    board.suggest_smoothing(300)
    assert board.smoothing == pytest.approx(0.889, abs=0.002)
    board.set_smoothing(0.5)
    board.suggest_smoothing(100_000)
    assert board.smoothing == 0.5


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["a · SGD", "a · Adam"], ["SGD", "Adam"]),
        (["vgg11 · SGD", "vgg16 · SGD"], ["vgg11", "vgg16"]),
        (["a · SGD", "b · SGD", "a · Adam"], ["a · SGD", "b · SGD", "a · Adam"]),
        (["a · SGD"], ["a · SGD"]),
    ],
)
def test_names_are_shortened_to_what_differs(names: list[str], short: list[str]) -> None:
    assert shortened_names(names) == short


def test_plot_data_has_a_line_for_each_step_and_the_validation_where_it_was_measured() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text((shown(1, name="a, b"),)))))
    assert len(rows) == 40
    assert rows[0]["name"] == "a, b"
    assert float(rows[0]["train_accuracy"]) == 0.5
    assert [row["step"] for row in rows if row["validation_loss"]] == ["20", "40"]
    assert float(rows[19]["validation_accuracy"]) == pytest.approx(0.8)


def test_plot_data_keeps_an_evaluation_beyond_the_last_step() -> None:
    curves = RunCurves(1)
    curves.add_all([started(), steps(1, 10), evaluated(20, 0.7)])
    rows = list(csv.DictReader(io.StringIO(csv_text((ShownRun(curves, "net", 0),)))))
    assert rows[-1]["step"] == "20"
    assert rows[-1]["train_loss"] == ""


@pytest.mark.parametrize(("suffix", "begins"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_the_plots_are_painted_into_a_file(tmp_path: Path, board: PlotBoard, suffix: str, begins: bytes) -> None:
    board.set_runs([shown(1), shown(2, live=True)])
    path = tmp_path / f"plots{suffix}"
    save_picture(path, board, LIGHT)
    content = path.read_bytes()
    assert content.startswith(begins)
    assert len(content) > 5000
    if suffix == ".png":
        image = QImage(str(path))
        assert ink(image.scaled(image.width() // 4, image.height() // 4), LIGHT.color("window")) > 100
    if suffix == ".svg":
        assert b"polyline" in content
        assert b"<image" not in content


def test_a_picture_of_an_unknown_kind_is_refused_with_the_kinds_there_are(tmp_path: Path, board: PlotBoard) -> None:
    with pytest.raises(FileError, match=r"\.png, \.svg or \.pdf"):
        save_picture(tmp_path / "plots.bmp", board, LIGHT)
