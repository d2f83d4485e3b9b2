"""Two networks side by side as neutral blocks: a section of a report, or a report of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from explorer import __version__, units
from explorer.analysis.compare import ComparedRow, Comparison, Delta, Side
from explorer.analysis.summary import NetworkSummary
from explorer.export.blocks import Block, Column, Figure, Heading, Paragraph, Report, Row, Table
from explorer.export.compared_words import (
    COLUMNS,
    CONVENTIONS,
    counts_line,
    figures,
    group_words,
    row_detail,
    row_name,
    shapes,
    signed_bytes,
    signed_px,
    state_words,
)
from explorer.runs.statistics import PairedTest, RunGroup, paired_test, sentence


@dataclass(frozen=True)
class ComparedRuns:
    """The runs of both sides, one for each seed, and the test between them."""

    left: RunGroup
    right: RunGroup
    test: PairedTest

    @property
    def caveat(self) -> str:
        """Why the difference may not be the networks'; empty where both were trained alike."""
        if self.left.recipe != self.right.recipe:
            return "Network and recipe differ, so the difference may come from either."
        formats = self._formats
        if len(formats) > 1:
            listed = " and some in ".join(formats)
            return f"Some runs were computed in {listed}, so part of the difference may come from that."
        return ""

    @property
    def caveat_title(self) -> str:
        """The caveat in two words."""
        if self.left.recipe != self.right.recipe:
            return "different recipes"
        return "different formats" if len(self._formats) > 1 else ""

    @property
    def _formats(self) -> tuple[str, ...]:
        """The number formats that the runs of both sides were computed in."""
        records = (*self.left.records, *self.right.records)
        return tuple(sorted({record.precision for record in records if record.precision}))

    @property
    def sentence(self) -> str:
        """Whether the difference is proven, in plain words."""
        return sentence(*self.names, self.test)

    @property
    def names(self) -> tuple[str, str]:
        """What the sides are called; told apart where both are called the same."""
        left, right = self.left.label, self.right.label
        return (left, right) if left != right else (f"{left} (left)", f"{right} (right)")


@dataclass(frozen=True)
class Compared:
    """What goes into a report: the networks' comparison, and that of their runs where there are any."""

    networks: Comparison
    runs: ComparedRuns | None = None


def compared_runs(left: RunGroup, right: RunGroup, *, comparisons: int = 1) -> ComparedRuns:
    """The runs of both sides with their paired test."""
    return ComparedRuns(left, right, paired_test(left, right, comparisons=comparisons))


def comparison_report(compared: Sequence[Compared], *, made: datetime, diagrams: bool = True) -> Report:
    """A report on the first network against each of the others."""
    first = compared[0].networks.left.spec.name
    others = ", ".join(each.networks.right.spec.name for each in compared)
    blocks: list[Block] = []
    if diagrams:
        summaries = [compared[0].networks.left, *(each.networks.right for each in compared)]
        blocks += [Heading("Networks"), *(block for summary in summaries for block in _diagram(summary))]
    blocks += comparison_blocks(compared)
    subtitle = f"Comparison · {made:%Y-%m-%d %H:%M} · Conv-Arch Explorer {__version__}"
    return Report(f"{first} and {others}", subtitle, tuple(blocks))


def comparison_blocks(compared: Sequence[Compared]) -> tuple[Block, ...]:
    """The section on each comparison: totals, rows, runs."""
    blocks: list[Block] = []
    for each in compared:
        found = each.networks
        blocks.append(Heading(f"{found.left.spec.name} and {found.right.spec.name}"))
        blocks.append(Paragraph(f"Left: {found.left.spec.name}. Right: {found.right.spec.name}; {counts_line(found)}."))
        blocks += [totals_table(found), rows_table(found)]
        if each.runs is not None:
            said = " ".join(filter(None, (each.runs.sentence, each.runs.caveat)))
            blocks += [_runs_table(each.runs), Paragraph(said)]
    return tuple(blocks)


def totals_table(comparison: Comparison) -> Table:
    """The totals of both networks and their differences."""
    rows = tuple(Row((title, left, right, delta)) for title, left, right, delta in totals_lines(comparison))
    columns = (Column("Total", "left"), Column("Left"), Column("Right"), Column("Δ"))
    return Table(columns, rows, caption="Totals")


def totals_lines(comparison: Comparison) -> tuple[tuple[str, str, str, str], ...]:
    """(what, left, right, difference) of each total; exact figures, en dashes where a network is not whole."""
    a, b, delta = comparison.left.totals, comparison.right.totals, comparison.totals
    weights = None if a is None or b is None else b.weight_bytes - a.weight_bytes
    none = (None, None)
    return (
        (
            "Parameters",
            units.exact(a.params.total if a else None),
            units.exact(b.params.total if b else None),
            units.exact_delta(delta.params),
        ),
        (
            "MACs",
            units.si(a.macs if a else None),
            units.si(b.macs if b else None),
            units.delta(delta.macs, significant=4),
        ),
        (
            "Field (px)",
            units.px(*(a.field.size if a and a.field else none)),
            units.px(*(b.field.size if b and b.field else none)),
            signed_px(delta.field),
        ),
        (
            "Kept for backward",
            units.num_bytes(a.saved_bytes if a else None),
            units.num_bytes(b.saved_bytes if b else None),
            signed_bytes(delta.memory),
        ),
        (
            "Weights",
            units.num_bytes(a.weight_bytes if a else None),
            units.num_bytes(b.weight_bytes if b else None),
            signed_bytes(weights),
        ),
    )


def rows_table(comparison: Comparison, *, with_layers: bool = True) -> Table:
    """Every block with its layers, and the totals; blocks are strong."""
    rows: list[Row] = []
    for row in comparison.rows:
        rows.append(_row(row, strong=True))
        if with_layers and row.state != "equal":
            rows += [_row(layer, strong=False) for layer in row.layers]
    total = Row(("Total", "", "", *figures(comparison.totals)), strong=True)
    columns = tuple(Column(title, "left" if index < 3 else "right") for index, title in enumerate(COLUMNS))
    return Table(columns, (*rows, total), caption="Block by block", note=CONVENTIONS)


def comparison_json(compared: Sequence[Compared]) -> dict[str, Any]:
    """The comparisons for other programs: `left`, and for each of `comparisons` the `right`, rows, totals and runs.

    Differences are right minus left, null where unknown. `memory`: bytes kept for the backward pass of a picture.
    """
    return {
        "left": compared[0].networks.left.spec.name,
        "comparisons": [
            {
                "right": each.networks.right.spec.name,
                "rows": [_json_row(row) for row in each.networks.rows],
                "totals": _json_delta(each.networks.totals),
                "runs": _json_runs(each.runs) if each.runs else None,
            }
            for each in compared
        ],
    }


def _diagram(summary: NetworkSummary) -> tuple[Block, ...]:
    from explorer.export.formats import diagram_figure

    figure: Figure = diagram_figure(summary)
    return Heading(summary.spec.name, 3), figure


def _row(row: ComparedRow, *, strong: bool) -> Row:
    detail = row_detail(row)
    name = row_name(row) if not detail else f"{row_name(row)}: {detail}"
    return Row((name, state_words(row), shapes(row), *figures(row.delta)), strong=strong)


def _runs_table(runs: ComparedRuns) -> Table:
    rows = []
    for name, group in zip(runs.names, (runs.left, runs.right), strict=True):
        seeds = ", ".join(map(str, group.seeds))
        rows.append(Row((name, seeds, group_words(group), units.duration(group.mean_time_s))))
    time = _time_delta(runs)
    rows.append(Row(("Difference", "", units.points(runs.test.mean), time), strong=True))
    columns = (Column("Runs", "left"), Column("Seeds", "left"), Column("Best accuracy"), Column("Time"))
    note = "Mean ± standard deviation of the best accuracy on the test pictures, over seeds; mean time of a run."
    return Table(columns, tuple(rows), caption="Runs", note=note)


def _time_delta(runs: ComparedRuns) -> str:
    return time_delta(runs.left.mean_time_s, runs.right.mean_time_s)


def time_delta(left: float | None, right: float | None) -> str:
    """`+12 s`, `−1 min 3 s`: a difference of times with its sign."""
    if left is None or right is None:
        return units.NONE
    change = right - left
    return f"{'+' if change >= 0 else units.MINUS}{units.duration(abs(change))}"


def _json_row(row: ComparedRow) -> dict[str, Any]:
    return {
        "state": row.state,
        "left": _json_side(row.left),
        "right": _json_side(row.right),
        "changes": list(row.changes),
        "delta": _json_delta(row.delta),
        **({"layers": [_json_row(layer) for layer in row.layers]} if row.layers else {}),
    }


def _json_side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    return {
        "name": side.name,
        "output_shape": list(side.shape) if side.shape else None,
        "parameters": side.params,
        "macs": side.macs,
        "memory": side.memory,
        "receptive_field": list(side.field) if side.field else None,
    }


def _json_delta(delta: Delta) -> dict[str, Any]:
    return {
        "parameters": delta.params,
        "macs": delta.macs,
        "receptive_field": list(delta.field) if delta.field else None,
        "memory": delta.memory,
    }


def _json_runs(runs: ComparedRuns) -> dict[str, Any]:
    test = runs.test
    return {
        "left": {str(seed): accuracy for seed, accuracy in runs.left.accuracies.items()},
        "right": {str(seed): accuracy for seed, accuracy in runs.right.accuracies.items()},
        "seeds": list(test.seeds),
        "mean": test.mean,
        "deviation": test.deviation,
        "probability": test.probability,
        "level": test.level,
        "proven": test.proven,
        "seeds_more": test.seeds_more,
        "sentence": runs.sentence,
        "caveat": runs.caveat,
    }
