"""How a residual stage looks: layers on the axis, a shortcut in an arc over them, a disc where both are added.

Closed, one unit stands for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from explorer.analysis.summary import LayerRow, NetworkSummary, PartSummary
from explorer.arch.ops import Add, Conv2d
from explorer.export.diagram_pen import DEPTH_X, DEPTH_Y, Pen, Scale, last_map, state_of
from explorer.export.diagram_pictures import Picture
from explorer.export.diagram_shapes import Branches, Joint, Label, Line, Polygon, Rect, State, Volume
from explorer.export.diagram_text import DETAIL_SIZE, DETAIL_WEIGHT, NAME_WEIGHT, approximate_width
from explorer.units import TIMES

ARC_HEIGHT, MIN_ARC = 72.0, 44.0
ARC_CLEARS = 14.0
CORNER = 18.0
WORDS = 20.0
DISC_RADIUS, DOT_RADIUS = 8.5, 3.0
ENTRY, EXIT, NEXT = 8.0, 10.0, 10.0
INSET = 6.0
BADGE_BELOW, BADGE_REACH = 20.0, 8.0
SHORTCUT_HEIGHT = 16.0
SMALLEST_WITH_WORDS = 0.77
IDENTITY = "identity"


def draw_residual(part: PartSummary, summary: NetworkSummary, scale: Scale, is_open: bool) -> Picture:
    """The stage: all of its units, or the first one in their place."""
    units, rest = split_units(part)
    stage = _Stage(part, summary, scale, len(units))
    shown = units if is_open else units[:1]
    for unit in shown:
        stage.add(unit)
    stage.finish(rest)
    branches: Branches = "" if len(units) < 2 else "open" if is_open else "closed"
    return stage.picture(branches)


def split_units(part: PartSummary) -> tuple[list[list[LayerRow]], list[LayerRow]]:
    """The rows of each unit, its sum included, and what follows the last one."""
    units: list[list[LayerRow]] = []
    rest: list[LayerRow] = []
    for row in part.rows:
        rest.append(row)
        if isinstance(row.node.op, Add):
            units.append(rest)
            rest = []
    return units, rest


class _Stage:
    """Puts units side by side; arcs are drawn last, when it is known how high they have to be."""

    def __init__(self, part: PartSummary, summary: NetworkSummary, scale: Scale, num_units: int) -> None:
        self._num_units = num_units
        self._part, self._summary, self._scale = part.part, summary, scale
        self._pen = Pen(scale, part.part, last_map(part, summary))
        self._fixed = scale.unit * max(0.62, min(1.0, scale.kx / scale.unit))  # gaps follow the widths, but stay seen
        self._x = 0.0
        self._lines: list[Line] = []
        self._joints: list[Joint] = []
        self._arcs: list[tuple[float, float, LayerRow, LayerRow | None]] = []
        self._shortcuts: list[Volume] = []
        self._labels: list[Label] = []
        self._above = 0.0

    def add(self, unit: Sequence[LayerRow]) -> None:
        """One unit after the others: dot, layers, disc."""
        total = unit[-1]
        if self._joints:
            dot = self._x + NEXT * self._fixed
            self._flow(self._x, dot, total, arrow=False)
        else:
            dot = INSET * self._fixed
            self._flow(0.0, dot, total, arrow=False)
        met: State = "unreached" if state_of(unit[0], self._summary) == "unreached" else "whole"
        self._joints.append(Joint(self._part, dot, 0.0, DOT_RADIUS * min(1.0, self._scale.unit), state=met))
        before = len(self._pen.volumes)
        start = dot + ENTRY * self._fixed
        self._pen.skip(start)
        for row in unit:
            if row.node.path == 1:
                self._pen.draw(row, state_of(row, self._summary))
        drawn = self._pen.volumes[before:]
        self._flow(dot, start, total, arrow=False)
        radius = DISC_RADIUS * min(1.0, self._scale.unit)
        right = max((volume.right for volume in drawn), default=start)
        disc = right + EXIT * self._fixed + radius
        self._flow(right, disc - radius, total, arrow=False)
        self._joints.append(Joint(self._part, disc, 0.0, radius, total.node.name, state_of(total, self._summary)))
        shortcut = next((row for row in unit if row.node.path == 2 and isinstance(row.node.op, Conv2d)), None)
        self._arcs.append((dot, disc, total, shortcut))
        self._x = disc + radius

    def finish(self, rest: Sequence[LayerRow]) -> None:
        """The pool that ends the stage, where there is one, and the arcs over the units."""
        half = self._pen.half_height
        seen = len(self._pen.volumes)
        start = self._x + NEXT * self._fixed
        self._pen.skip(start)
        for row in rest:
            self._pen.draw(row, state_of(row, self._summary))
        if len(self._pen.volumes) > seen:
            self._flow(self._x, start, rest[-1], arrow=False)
            self._x = self._pen.right
        self._flow(self._x, self._x + INSET * self._fixed, rest[-1] if rest else self._arcs[-1][2], arrow=False)
        self._x += INSET * self._fixed
        unit = max(1.0, self._scale.unit)
        wanted = min(max(self._scale.room / 2 - WORDS - 12, MIN_ARC), ARC_HEIGHT)
        height = max(wanted * unit, half + ARC_CLEARS * unit)
        if self._scale.unit < SMALLEST_WITH_WORDS:
            height = max(wanted * self._scale.unit, half + ARC_CLEARS * self._scale.unit)
        for arc in self._arcs:
            self._draw_arc(*arc, height)

    def picture(self, branches: Branches) -> Picture:
        """Everything put so far; where one unit stands for all, their number below its disc."""
        half = self._pen.half_height
        disc = self._joints[-1]
        low = disc.radius + BADGE_BELOW
        count = self._num_units if branches == "closed" else 0
        return Picture(
            (*self._pen.volumes, *self._shortcuts),
            self._x,
            max(self._above, half),
            max(half, low + BADGE_REACH) if count else half,
            tuple(self._lines),
            tuple(self._joints),
            tuple(self._labels),
            arrow=False,
            branches=branches,
            pill=(f"{TIMES} {count}",) if count else (),
            pill_at=(disc.x, low),
        )

    def _flow(self, start: float, end: float, row: LayerRow, *, arrow: bool) -> None:
        state = state_of(row, self._summary)
        if end > start:
            self._lines.append(Line(((start, 0.0), (end, 0.0)), state, arrow, self._part, 0, row.node.name))

    def _draw_arc(self, dot: float, disc: float, total: LayerRow, shortcut: LayerRow | None, height: float) -> None:
        row = shortcut or total
        state = state_of(row, self._summary)
        radius = self._joints[1].radius
        points = _arch(dot, disc, height, radius, CORNER * min(1.0, self._scale.unit))
        self._lines.append(Line(points, state, arrow=True, part=self._part, node=row.node.name, curved=True, arc=True))
        middle, top = (dot + disc) / 2, height
        if shortcut is not None:
            slab = self._slab_on_arc(shortcut, dot, disc, height, state)
            self._shortcuts.append(slab)
            top += slab.height / 2 + slab.dy
        self._above = max(self._above, top)
        self._write(total, shortcut, middle, top, disc - dot)

    def _slab_on_arc(self, row: LayerRow, dot: float, disc: float, height: float, state: State) -> Volume:
        op = row.node.op
        assert isinstance(op, Conv2d)
        tall = SHORTCUT_HEIGHT * self._scale.unit
        dx, dy = DEPTH_X * tall, DEPTH_Y * tall
        width = min(0.6 * self._scale.volume_width(op.out_channels) + 4 * self._scale.unit, (disc - dot) * 0.4)
        x = (dot + disc - width - dx) / 2
        is_normed = any(r.node.inputs == (row.node.name,) and r.node.op.kind == "BatchNorm2d" for r in self._rows())
        y = -height + (dy - tall) / 2
        return Volume(row.node.name, self._part, "conv", x, y, width, tall, dx, dy, state, "plain", is_normed)

    def _rows(self) -> Sequence[LayerRow]:
        return self._summary.by_part[self._part].rows

    def _write(self, total: LayerRow, shortcut: LayerRow | None, middle: float, top: float, room: float) -> None:
        """The word above the arc; where the sum fails, what either side gives."""
        if self._scale.unit < SMALLEST_WITH_WORDS:
            return
        if state_of(total, self._summary) == "failed":
            self._write_shapes(total, middle, top)
            return
        candidates: tuple[tuple[str, int, str], ...] = ((IDENTITY, DETAIL_WEIGHT, "muted"),)
        if shortcut is not None:
            op = shortcut.node.op
            assert isinstance(op, Conv2d)
            kernel = f"{op.kernel[0]}{TIMES}{op.kernel[1]}"
            candidates = ((f"{kernel} · {op.out_channels:,}", NAME_WEIGHT, "text"), (kernel, NAME_WEIGHT, "text"))
        is_reached = state_of(total, self._summary) == "whole"
        for text, weight, token in candidates:
            if approximate_width(text, DETAIL_SIZE, weight) <= room + 4:
                self._label(
                    text, middle, -top - 6, weight, token if is_reached else "faint", (shortcut or total).node.name
                )
                return

    def _write_shapes(self, total: LayerRow, middle: float, top: float) -> None:
        """Both shapes of a sum that cannot be: the shortcut's above its arc, the layers' below them."""
        layers, shortcut = (self._summary.by_node[name] for name in total.node.inputs[:2])
        below = self._pen.half_height + 14
        for row, y in ((shortcut, -top - 6), (layers, below)):
            if row.shape is not None:
                text = f" {TIMES} ".join(f"{size:,}" for size in row.shape)
                self._label(text, middle, y, NAME_WEIGHT, "err", row.node.name)

    def _label(self, text: str, x: float, y: float, weight: int, token: str, node: str) -> None:
        width = approximate_width(text, DETAIL_SIZE, weight)
        label = Label(text, x, y, DETAIL_SIZE, weight, token, self._part, "arc", width, node=node)
        self._labels.append(label)
        box: Rect = label.box
        self._above = max(self._above, -box.y)


def _arch(start: float, end: float, height: float, radius: float, corner: float) -> Polygon:
    """Up from `start`, across, and down onto the disc of `radius` at `end`, with rounded corners, as Béziers."""
    corner = min(corner, (end - start) / 2, height - radius - 8)
    pull = corner * 0.45
    down = -radius
    return (
        (start, 0.0),
        (start, -height * 0.3),
        (start, -height + corner),
        (start, -height + corner),
        (start, -height + pull),
        (start + pull, -height),
        (start + corner, -height),
        (start + corner, -height),
        (end - corner, -height),
        (end - corner, -height),
        (end - pull, -height),
        (end, -height + pull),
        (end, -height + corner),
        (end, -height + corner),
        (end, down - 8),
        (end, down),
    )
