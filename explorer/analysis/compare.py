"""Two networks side by side: which block stands beside which, what is new, gone or changed, and by how much.

Conventions. A difference is right minus left. What stands on one side only counts with its whole figure, so the rows of
a comparison add up to the difference of the totals, and the layers of a row to the row: parameters, MACs and memory
(what autograd keeps of one image). The receptive field adds up over blocks as growth, what a block's end sees more
than its beginning; inside branches it does not, so layers show it without a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from explorer.analysis.align import align
from explorer.analysis.differences import block_changes, block_cost, head_changes, layer_cost
from explorer.analysis.summary import LayerRow, NetworkSummary, PartSummary, ReceptiveField, Shape, Totals
from explorer.arch.blocks import Block
from explorer.arch.graph import HEAD_PART, INPUT_PART
from explorer.arch.ops import Activation, BatchNorm2d, Dropout, Flatten, LocalResponseNorm

State = Literal["equal", "changed", "inserted", "removed"]
_FOLDED = (Activation, BatchNorm2d, LocalResponseNorm, Dropout, Flatten)
"""Operations that only follow a layer; their numbers count with it."""


@dataclass(frozen=True, slots=True)
class Delta:
    """Right minus left; None where a side is unknown. `field` is (height, width) in input pixels."""

    params: int | None
    macs: int | None
    memory: int | None
    field: tuple[int, int] | None

    def __add__(self, other: Delta) -> Delta:
        return Delta(
            _plus(self.params, other.params),
            _plus(self.macs, other.macs),
            _plus(self.memory, other.memory),
            None if self.field is None or other.field is None else _pair(self.field, other.field, 1),
        )


NOTHING = Delta(0, 0, 0, (0, 0))


@dataclass(frozen=True, slots=True)
class Side:
    """A block or a layer of one network: its name there, what flows out of it, and its figures."""

    name: str
    part: str
    nodes: tuple[LayerRow, ...]
    shape: Shape | None
    params: int | None
    macs: int | None
    memory: int | None
    field: tuple[int, int] | None
    growth: tuple[int, int] | None

    @property
    def host(self) -> LayerRow:
        """The row that a layer is named after; of a block its first."""
        return next((row for row in self.nodes if row.node.name == self.name), self.nodes[0])


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One line of a comparison: a block with its layers, or a layer; what stands on one side only has one `None`.

    `changes` says in words what was set otherwise; an unset "changed" row differs by what flows into it.
    """

    state: State
    left: Side | None
    right: Side | None
    changes: tuple[str, ...] = ()
    layers: tuple[ComparedRow, ...] = ()

    @property
    def delta(self) -> Delta:
        """Right minus left of this row."""
        left, right = self.left, self.right
        return Delta(
            _difference(_of(left, "params"), _of(right, "params")),
            _difference(_of(left, "macs"), _of(right, "macs")),
            _difference(_of(left, "memory"), _of(right, "memory")),
            _growth(left, right),
        )

    @property
    def name(self) -> str:
        """The row's name: the left one's, or the right one's where there is no left."""
        side = self.left or self.right
        assert side is not None
        return side.name


@dataclass(frozen=True)
class Comparison:
    """Two networks and the rows between them: the input, the blocks in order, the head."""

    left: NetworkSummary
    right: NetworkSummary
    rows: tuple[ComparedRow, ...]

    @cached_property
    def totals(self) -> Delta:
        """The difference of the totals; None in each where a network is not whole."""
        a, b = self.left.totals, self.right.totals
        if a is None or b is None:
            return Delta(None, None, None, None)
        return Delta(
            b.params.total - a.params.total,
            b.macs - a.macs,
            b.saved_bytes - a.saved_bytes,
            _field_difference(a, b),
        )

    @cached_property
    def counts(self) -> dict[State, int]:
        """How many blocks are equal, changed, inserted, removed; input and head are not counted."""
        found: dict[State, int] = {"equal": 0, "changed": 0, "inserted": 0, "removed": 0}
        for row in self.blocks:
            found[row.state] += 1
        return found

    @property
    def blocks(self) -> tuple[ComparedRow, ...]:
        """The rows between input and head."""
        return self.rows[1:-1]


def compare(a: NetworkSummary, b: NetworkSummary) -> Comparison:
    """The comparison of `a` (left) with `b` (right); either may be a network that cannot be computed."""
    rows = [_paired(a.by_part[INPUT_PART], b.by_part[INPUT_PART], ())]
    left = _blocks(a)
    right = _blocks(b)
    for i, j in align(left, right, _block_cost):
        if i is not None and j is not None:
            rows.append(_paired(left[i][1], right[j][1], block_changes(left[i][0], right[j][0])))
        else:
            rows.append(_alone(None if i is None else left[i][1], None if j is None else right[j][1]))
    head = head_changes(a.spec.head, b.spec.head)
    if a.spec.num_classes != b.spec.num_classes:
        head = (*head, f"{a.spec.num_classes:,} → {b.spec.num_classes:,} classes")
    rows.append(_paired(a.by_part[HEAD_PART], b.by_part[HEAD_PART], head))
    return Comparison(a, b, tuple(rows))


def compare_all(first: NetworkSummary, others: Iterable[NetworkSummary]) -> tuple[Comparison, ...]:
    """Each of `others` compared with `first`."""
    return tuple(compare(first, other) for other in others)


def summed(rows: Iterable[ComparedRow]) -> Delta:
    """The sum of the rows' differences."""
    total = NOTHING
    for row in rows:
        total = total + row.delta
    return total


def _blocks(summary: NetworkSummary) -> list[tuple[Block, PartSummary]]:
    parts = [part for part in summary.parts if part.part not in {INPUT_PART, HEAD_PART}]
    return list(zip(summary.spec.blocks, parts, strict=True))


def _block_cost(left: tuple[Block, PartSummary], right: tuple[Block, PartSummary]) -> float:
    if left[0] is right[0] and left[1].shape_out == right[1].shape_out:
        return 0.0
    return block_cost(left[0], right[0], same_map=_map(left[1].shape_out) == _map(right[1].shape_out))


def _map(shape: Shape | None) -> Shape | None:
    return shape[1:] if shape is not None else None


def _paired(left: PartSummary, right: PartSummary, changes: Sequence[str]) -> ComparedRow:
    layers_left, layers_right = _layers(left), _layers(right)
    rows = []
    for i, j in align(layers_left, layers_right, _layer_cost):
        rows.append(_row(None if i is None else layers_left[i], None if j is None else layers_right[j]))
    return _row(_part_side(left), _part_side(right), tuple(changes), tuple(rows))


def _alone(left: PartSummary | None, right: PartSummary | None) -> ComparedRow:
    part = left or right
    assert part is not None
    layers = tuple(_row(side if left else None, None if left else side) for side in _layers(part))
    side = _part_side(part)
    return _row(side if left else None, None if left else side, (), layers)


def _row(
    left: Side | None, right: Side | None, changes: tuple[str, ...] = (), layers: tuple[ComparedRow, ...] = ()
) -> ComparedRow:
    if left is None:
        return ComparedRow("inserted", None, right, changes, layers)
    if right is None:
        return ComparedRow("removed", left, None, changes, layers)
    equal = not changes and _figures(left) == _figures(right) and all(row.state == "equal" for row in layers)
    return ComparedRow("equal" if equal else "changed", left, right, changes, layers)


def _figures(side: Side) -> tuple[object, ...]:
    """What makes two layers equal; the field alone, which follows from what came before, does not part them."""
    ops = tuple(row.node.op for row in side.nodes)
    return side.shape, side.params, side.macs, side.memory, side.growth, ops


def _layers(part: PartSummary) -> list[Side]:
    """The layers of a part: each with the norms, activations and dropouts that belong to it."""
    groups: list[tuple[str, list[LayerRow]]] = []
    waiting: list[LayerRow] = []
    for row in part.rows:
        folded = isinstance(row.node.op, _FOLDED)
        if folded and groups and not isinstance(row.node.op, Flatten):
            groups[-1][1].append(row)
        elif folded:
            waiting.append(row)
        else:
            groups.append((row.node.name, [*waiting, row]))
            waiting = []
    if waiting and groups:
        groups[-1][1].extend(waiting)
    before = part.field_in
    sides = []
    for name, rows in groups:
        sides.append(_layer_side(name, rows, before))
        before = rows[-1].field
    return sides


def _layer_side(name: str, rows: list[LayerRow], before: ReceptiveField | None) -> Side:
    reached = all(row.reached for row in rows)
    last = rows[-1]
    return Side(
        name,
        last.node.part,
        tuple(rows),
        last.shape,
        sum(row.params.total for row in rows if row.params) if reached else None,
        sum(row.macs or 0 for row in rows) if reached else None,
        sum(row.saved_bytes or 0 for row in rows) if reached else None,
        last.field.size if last.field else None,
        _grown(before, last.field),
    )


def _part_side(part: PartSummary) -> Side:
    known = part.complete
    body = part.part != HEAD_PART
    return Side(
        part.part,
        part.part,
        part.rows,
        part.shape_out,
        part.params.total if known and part.params else None,
        part.macs if known else None,
        part.saved_bytes if known else None,
        part.field_out.size if part.field_out else None,
        _grown(part.field_in, part.field_out) if body else (0, 0),
    )


def _layer_cost(left: Side, right: Side) -> float:
    a, b = left.host.node, right.host.node
    return layer_cost(a.op, b.op, same_shape=left.shape == right.shape, same_path=a.path == b.path)


def _grown(before: ReceptiveField | None, after: ReceptiveField | None) -> tuple[int, int] | None:
    return _pair(after.size, before.size, -1) if before is not None and after is not None else None


def _growth(left: Side | None, right: Side | None) -> tuple[int, int] | None:
    a = (0, 0) if left is None else left.growth
    b = (0, 0) if right is None else right.growth
    return _pair(b, a, -1) if a is not None and b is not None else None


def _field_difference(a: Totals, b: Totals) -> tuple[int, int] | None:
    return _pair(b.field.size, a.field.size, -1) if a.field and b.field else None


def _pair(a: tuple[int, int], b: tuple[int, int], sign: int) -> tuple[int, int]:
    return a[0] + sign * b[0], a[1] + sign * b[1]


def _of(side: Side | None, figure: Literal["params", "macs", "memory"]) -> int | None:
    value: int | None = 0 if side is None else getattr(side, figure)
    return value


def _difference(left: int | None, right: int | None) -> int | None:
    return right - left if left is not None and right is not None else None


def _plus(a: int | None, b: int | None) -> int | None:
    return a + b if a is not None and b is not None else None
