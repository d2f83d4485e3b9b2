"""Comparisons as blocks of a report, in every text format, and as JSON."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from explorer.analysis.compare import compare
from explorer.analysis.summarize import summarize
from explorer.arch.presets import find_preset
from explorer.arch.spec import NetworkSpec
from explorer.export.blocks import Table
from explorer.export.compared_words import counts_line, figures, row_name, shapes, signed_bytes, signed_px
from explorer.export.comparison import (
    Compared,
    compared_runs,
    comparison_json,
    comparison_report,
    rows_table,
    time_delta,
)
from explorer.export.html import to_html
from explorer.export.markdown import to_markdown
from explorer.export.report import build_report
from explorer.runs.config import TrainConfig
from explorer.runs.events import Evaluated, RunEnded, RunStarted
from explorer.runs.statistics import RunGroup, run_groups
from explorer.runs.store import RunStore

MADE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
FOUND = compare(*(summarize(find_preset(name).spec) for name in ("vgg11", "vgg16")))


def test_the_table_ends_with_the_totals_and_names_every_block() -> None:
    table = rows_table(FOUND)
    assert [row.cells[0] for row in table.rows if row.strong] == [
        "Input",
        "Block 1: 1 → 2 convolutions",
        "Block 2: 1 → 2 convolutions",
        "Block 3: 2 → 3 convolutions",
        "Block 4: 2 → 3 convolutions",
        "Block 5: 2 → 3 convolutions",
        "Head",
        "Total",
    ]
    assert table.rows[-1].cells[3:] == ("+5,494,208", "+7.861\u2009G", "+62", "+23.4\u2009MiB")


def test_a_report_of_a_comparison_has_both_diagrams_and_reads_in_each_format() -> None:
    report = comparison_report([Compared(FOUND)], made=MADE)
    page, text = to_html(report), to_markdown(report)
    assert page.count("<svg") >= 2
    for written in (page, text):
        assert "vgg11 and vgg16" in written
        assert "+5,494,208" in written


def test_the_report_of_a_network_takes_its_comparisons_in() -> None:
    plain = build_report(FOUND.left, made=MADE)
    longer = build_report(FOUND.left, made=MADE, compared=[Compared(FOUND)])
    tables = [block.caption for block in longer.blocks if isinstance(block, Table)]
    assert "Block by block" in tables
    assert len(longer.blocks) > len(plain.blocks)


def trained(store: RunStore, spec: NetworkSpec, *, precision: str = "float32", epochs: int = 1) -> RunGroup:
    """A group of one finished run."""
    record = store.create(spec, TrainConfig(epochs=epochs), name="run")
    started = RunStarted(10, 10, 100, 20, "cpu", precision, 1, 0)
    end = RunEnded("finished", 10, 1, 0.8, 2.0)
    store.append(record.id, [started, Evaluated(10, 1, 0.5, 0.8, is_best=True, elapsed_s=2.0), end])
    (group,) = run_groups([store.get(record.id)])
    return group


def test_runs_that_were_not_trained_alike_have_a_caveat(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    left, right = FOUND.left.spec, FOUND.right.spec
    alike = compared_runs(trained(store, left), trained(store, right))
    assert (alike.caveat_title, alike.caveat) == ("", "")
    longer = compared_runs(trained(store, left), trained(store, right, epochs=2))
    assert longer.caveat_title == "different recipes"
    assert longer.caveat == "Network and recipe differ, so the difference may come from either."
    mixed = compared_runs(trained(store, left), trained(store, right, precision="bf16"))
    assert mixed.caveat_title == "different formats"
    assert mixed.caveat == (
        "Some runs were computed in bf16 and some in float32, so part of the difference may come from that."
    )
    store.close()


def test_json_has_rows_whose_differences_add_up_to_the_totals() -> None:
    (found,) = comparison_json([Compared(FOUND)])["comparisons"]
    assert sum(row["delta"]["parameters"] for row in found["rows"]) == found["totals"]["parameters"] == 5_494_208


def test_ends_that_differ_are_named_beside_equal_blocks() -> None:
    spec = find_preset("vgg11").spec
    narrow = replace(spec, head=replace(spec.head, hidden=()))
    assert counts_line(compare(summarize(spec), summarize(spec))) == "all blocks are equal"
    assert counts_line(compare(summarize(spec), summarize(narrow))) == "all blocks are equal; the head differs"


def test_differences_are_written_with_their_sign() -> None:
    assert [signed_px(field) for field in ((4, 4), (-2, 6), None)] == ["+4", "\u22122 × +6", "–"]
    assert [signed_bytes(size) for size in (2048, -2048, 0, None)] == [
        "+2.00\u2009KiB",
        "\u22122.00\u2009KiB",
        "0",
        "–",
    ]
    assert [time_delta(10.0, 12.0), time_delta(12.0, 10.0), time_delta(None, 1.0)] == [
        "+2.0\u2009s",
        "\u22122.0\u2009s",
        "–",
    ]
    assert figures(FOUND.rows[0].delta) == ("0", "0", "0", "0")


def test_rows_whose_sides_have_other_numbers_or_shapes_show_both() -> None:
    other = compare(*(summarize(find_preset(name).spec) for name in ("alexnet", "vgg16")))
    shifted = next(row for row in other.blocks if row.left and row.right and row.left.name != row.right.name)
    assert row_name(shifted) == "Block 4 → 3"
    assert "→" in shapes(shifted)
