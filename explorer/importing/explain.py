"""Error messages of PyTorch and Keras about shapes: which layer of the network they speak of, and what mends it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import Fix, LayerRow, NetworkSummary, Shape
from explorer.arch import ops
from explorer.arch.graph import HEAD_PART, INPUT_PART
from explorer.arch.limits import MAX_CHANNELS
from explorer.arch.spec import NetworkSpec
from explorer.importing.assemble import USUAL_SIDES, flat_width, head_fixes
from explorer.importing.head import as_map
from explorer.units import TIMES, exact
from explorer.units import shape as shown

_READ_CHARS = 60_000
_LIKE_ENOUGH = 3  # same channels in, same map, or the same kernel and channels out


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an error message means for a network: the layer it speaks of (a node or part), why, and what mends it.

    `node` is empty where the network has no such layer.
    """

    node: str
    sentence: str
    fix: Fix | None = None


def explain_error(text: str, spec: NetworkSpec) -> Explanation | None:
    """What the last shape error in `text` says about `spec`; None where `text` holds none that is known."""
    last: tuple[int, re.Match[str], Callable[[list[str], NetworkSummary], Explanation]] | None = None
    for pattern, explain in _ERRORS:
        for match in pattern.finditer(text[-_READ_CHARS:]):
            if last is None or match.start() > last[0]:
                last = (match.start(), match, explain)
    if last is None:
        return None
    found = [part for part in last[1].groups() if part is not None]
    return last[2](found, summarize(spec))


def looks_like_error(text: str) -> bool:
    """Whether `text` holds an error message that `explain_error` knows."""
    return any(pattern.search(text[-_READ_CHARS:]) for pattern, _ in _ERRORS)


# -------------------------------------------------------------------------------------------------------- linear layers


def _matmul(found: list[str], summary: NetworkSummary) -> Explanation:
    """(N × given) and (written × out)."""
    given, written, out = (int(number) for number in found[1:4])
    row = _linear(summary, out, (written, given))
    if row is None:
        return _elsewhere(f"a linear layer from {exact(written)} to {exact(out)} numbers")
    return _linear_fault(summary, row, given, written)


def _keras_dense(found: list[str], summary: NetworkSummary) -> Explanation:
    written, given = int(found[0]), int(found[1])
    row = _linear(summary, None, (written, given))
    return (
        _elsewhere(f"a dense layer of {exact(written)}") if row is None else _linear_fault(summary, row, given, written)
    )


def _view(found: list[str], summary: NetworkSummary) -> Explanation:
    written, given = int(found[0]), int(found[1])
    row = _linear(summary, None, (written, given))
    inputs = _flat_inputs(summary)
    real = inputs.get(row.node.name) if row is not None else None
    if row is None or real is None:
        return _elsewhere(f"a map of {exact(written)} numbers")
    # The message counts the whole batch: only what divides by the map is one.
    return _linear_fault(summary, row, real if given % real == 0 and real != written else given, written)


def _linear_fault(summary: NetworkSummary, row: LayerRow, given: int, written: int) -> Explanation:
    spec, name = summary.spec, row.node.name
    last_map = _map_before_head(summary)
    channels = last_map[0] if last_map is not None else 0
    sentence = f"{name} is written for {as_map(written, channels)} numbers and gets {as_map(given, channels)}."
    real = flat_width(spec)
    here = f"{spec.input.height} {TIMES} {spec.input.width}"
    if row.node.part != HEAD_PART or not _is_first_linear(summary, row):
        sentence += " The layer before it gives another width than this one takes."
        return Explanation(name, sentence)
    fixes = head_fixes(spec, given) if real == written else head_fixes(spec, written)
    fix = fixes[0] if fixes else None
    if real == given:
        remedy = f"At {here} the map here gives {exact(given)}: write nn.Linear({given}, ...), or mend the network."
    elif real == written:
        size = f", {fix.spec.input.height} {TIMES} {fix.spec.input.width} for one" if fix and fix.spec else ""
        remedy = f"At {here} this network gives {exact(written)}; the pictures that came in have another size{size}."
    elif real is None:
        remedy = f"At {here} this network cannot be computed at all."
    else:
        remedy = f"At {here} this network gives {exact(real)}, neither of the two."
    return Explanation(name, f"{sentence} {remedy}", fix)


def _linear(summary: NetworkSummary, out: int | None, widths: Sequence[int]) -> LayerRow | None:
    """The linear layer meant: that with `out` numbers out and one of `widths` in, else with either; else the first."""
    linears = [row for row in summary.rows if isinstance(row.node.op, ops.Linear)]
    inputs = _flat_inputs(summary)
    fits_out = [row for row in linears if out is None or _out(row) == out]
    both = [row for row in fits_out if inputs.get(row.node.name) in widths]
    if both or fits_out:
        return (both or fits_out)[0]
    return next((row for row in linears if inputs.get(row.node.name) in widths), None)


def _out(row: LayerRow) -> int:
    assert isinstance(row.node.op, ops.Linear)
    return row.node.op.out_features


def _flat_inputs(summary: NetworkSummary) -> dict[str, int]:
    found = {}
    for row in summary.rows:
        source = summary.by_node[row.node.inputs[0]].shape if row.node.inputs else None
        if isinstance(row.node.op, ops.Linear) and source is not None and len(source) == 1:
            found[row.node.name] = source[0]
    return found


def _is_first_linear(summary: NetworkSummary, row: LayerRow) -> bool:
    return next(one for one in summary.rows if isinstance(one.node.op, ops.Linear)) is row


def _map_before_head(summary: NetworkSummary) -> Shape | None:
    flatten = next((row for row in summary.rows if isinstance(row.node.op, ops.Flatten)), None)
    shape = _shape_in(summary, flatten) if flatten is not None else None
    return shape if shape is not None and len(shape) == 3 else None


# --------------------------------------------------------------------------------------------------------- convolutions


def _channels(found: list[str], summary: NetworkSummary) -> Explanation:
    """groups, weight's four sizes, input, channels wanted, channels got."""
    out, kernel = int(found[1]), (int(found[3]), int(found[4]))
    wanted, got = int(found[6]), int(found[7])
    convs = [row for row in summary.rows if isinstance(row.node.op, ops.Conv2d)]
    sides = tuple(int(side) for side in found[5].split(",")[2:])

    def likeness(row: LayerRow) -> int:
        shape = _shape_in(summary, row) or (0,)
        op = row.node.op
        assert isinstance(op, ops.Conv2d)
        return (
            3 * (shape[0] in {wanted, got})
            + 3 * (shape[1:] == sides)
            + 2 * (op.out_channels == out)
            + (op.kernel == kernel)
        )

    row = max(convs, key=likeness, default=None)
    if row is None or likeness(row) < _LIKE_ENOUGH:
        return _elsewhere(f"a {kernel[0]} {TIMES} {kernel[1]} convolution that gives {out} channels")
    name, spec = row.node.name, summary.spec
    sentence = f"{name} has weights for {exact(wanted)} channels and gets {exact(got)}."
    if row is not convs[0]:
        real = (_shape_in(summary, row) or (0,))[0]
        return Explanation(name, f"{sentence} In this network {exact(real)} come in: write that as its in_channels.")
    mine = spec.input.channels
    other = got if mine != got else wanted
    sentence += f" The pictures have {exact(got)}, this network is made for {exact(mine)}."
    if not 1 <= other <= MAX_CHANNELS:
        return Explanation(name, sentence)
    changed = replace(spec, input=replace(spec.input, channels=other))
    plural = "" if other == 1 else "s"
    return Explanation(name, sentence, Fix(f"Take {other} channel{plural}", changed))


def _shape_in(summary: NetworkSummary, row: LayerRow) -> Shape | None:
    return summary.by_node[row.node.inputs[0]].shape if row.node.inputs else None


def _norm(found: list[str], summary: NetworkSummary) -> Explanation:
    got, written = int(found[0]), int(found[1])
    row = next(
        (row for row in summary.rows
         if isinstance(row.node.op, ops.BatchNorm2d) and row.shape is not None and row.shape[0] == got),
        None,
    )  # fmt: skip
    if row is None:
        return _elsewhere(f"a batch norm that gets {exact(got)} channels")
    sentence = f"{row.node.name} is written for {exact(written)} channels and gets {exact(got)}: write {got} there."
    return Explanation(row.node.name, sentence)


def _flat_pictures(found: list[str], summary: NetworkSummary) -> Explanation:
    first = next((row.node.name for row in summary.rows if isinstance(row.node.op, ops.Conv2d)), INPUT_PART)
    shape = summary.spec.input
    sizes = shown((shape.channels, shape.height, shape.width))
    return Explanation(
        first, f"{first} gets pictures as [{found[0]}], and it takes batch {TIMES} {sizes}: reshape them before."
    )


# ----------------------------------------------------------------------------------------------------------- small maps


def _window(found: list[str], summary: NetworkSummary) -> Explanation:
    """A window larger than the padded map."""
    sides, kernel = (int(found[0]), int(found[1])), (int(found[2]), int(found[3]))
    windows = [row for row in summary.rows if isinstance(row.node.op, ops.Conv2d | ops.MaxPool2d | ops.AvgPool2d)]
    return _too_small(summary, [row for row in windows if _kernel(row) == kernel], sides, None)


def _pool(found: list[str], summary: NetworkSummary) -> Explanation:
    channels, *sides = (int(number) for number in found[:3])
    pools = [row for row in summary.rows if isinstance(row.node.op, ops.MaxPool2d | ops.AvgPool2d)]
    return _too_small(summary, pools, (sides[0], sides[1]), channels)


def _keras_negative(found: list[str], summary: NetworkSummary) -> Explanation:
    kernel, side = int(found[0]), int(found[1])
    windows = [row for row in summary.rows if isinstance(row.node.op, ops.Conv2d | ops.MaxPool2d | ops.AvgPool2d)]
    return _too_small(summary, [row for row in windows if _kernel(row)[0] == kernel], (side, side), None)


def _kernel(row: LayerRow) -> tuple[int, int]:
    op = row.node.op
    assert isinstance(op, ops.Conv2d | ops.MaxPool2d | ops.AvgPool2d)
    return op.kernel


def _too_small(
    summary: NetworkSummary, rows: Sequence[LayerRow], sides: tuple[int, int], channels: int | None
) -> Explanation:
    size = f"{sides[0]} {TIMES} {sides[1]}"
    if summary.failure is not None:
        row = summary.by_node[summary.failure.node]
        fix = next(
            (fix for finding in summary.findings for fix in finding.fixes if finding.node == row.node.name), None
        )
        return Explanation(row.node.name, f"{row.node.name}: {summary.failure.message}", fix)
    side, name = _failing_side(summary.spec, {row.node.name for row in rows}, sides, channels)
    if not name:
        return _elsewhere(f"a window that meets a {size} map")
    spec = summary.spec
    here = f"{spec.input.height} {TIMES} {spec.input.width}"
    sentence = (
        f"{name} gets a {size} map and its window does not fit. That happens with pictures of {side} {TIMES} {side}; "
        f"at {here}, as this network is drawn, it fits. Resize the pictures, or leave out a pool."
    )
    return Explanation(name, sentence, Fix(f"Show it at {side} {TIMES} {side}", _at(spec, side)))


def _at(spec: NetworkSpec, side: int) -> NetworkSpec:
    return replace(spec, input=replace(spec.input, height=side, width=side))


def _failing_side(spec: NetworkSpec, names: set[str], sides: tuple[int, int], channels: int | None) -> tuple[int, str]:
    """The largest usual picture at which one of `names` meets a map of `sides` that is too small for it."""
    for side in sorted({*USUAL_SIDES, 8, 14, 16, 20, 24, 36, 40}, reverse=True):
        summary = summarize(_at(spec, side))
        if summary.failure is None or summary.failure.node not in names:
            continue
        row = summary.by_node[summary.failure.node]
        shape = _shape_in(summary, row)
        padding = getattr(row.node.op, "padding", (0, 0))
        padded = [2 * pad if isinstance(pad, int) else 0 for pad in padding[:2]]
        if shape is None or (channels is not None and shape[0] != channels):
            continue
        if (shape[1], shape[2]) == sides or (shape[1] + padded[0], shape[2] + padded[1]) == sides:
            return side, row.node.name
    return 0, ""


# -------------------------------------------------------------------------------------------------------------- weights


def _state_dict(found: list[str], summary: NetworkSummary) -> Explanation:
    module, _, stored, present = found
    node = next((row.node.name for row in summary.rows if row.node.module == module), "")
    if not node:
        return _elsewhere(f"a layer called {module}")
    return Explanation(
        node, f"{node} ({module}) has weights of [{present}], and the file holds [{stored}]: another width or input."
    )


def _elsewhere(what: str) -> Explanation:
    return Explanation(
        "", f"The message speaks of {what}, and this network has none; paste the code that it came from."
    )


_NUMBERS = r"([\d, ]+)"
_ERRORS: tuple[tuple[re.Pattern[str], Callable[[list[str], NetworkSummary], Explanation]], ...] = (
    (re.compile(r"mat1 and mat2 shapes cannot be multiplied "
                r"\((\d{1,12})x(\d{1,12}) and (\d{1,12})x(\d{1,12})\)"), _matmul),
    (re.compile(r"size mismatch, m1: \[(\d{1,12}) x (\d{1,12})\], m2: \[(\d{1,12}) x (\d{1,12})\]"), _matmul),
    (re.compile(r"expected axis -1 of input shape to have value (\d{1,12}),? but received input with shape "
                r"[\[(](?:None|\d{1,12}), (\d{1,12})[\])]"), _keras_dense),
    (re.compile(r"shape '\[-?\d{1,12}, (\d{1,12})\]' is invalid for input of size (\d{1,12})"), _view),
    (re.compile(rf"Given groups=(\d{{1,6}}), weight of size \[(\d{{1,9}}), (\d{{1,9}}), (\d{{1,4}}), (\d{{1,4}})\], "
                rf"expected input\[{_NUMBERS}\] to have (\d{{1,9}}) channels, but got (\d{{1,9}}) channels"),
     _channels),
    (re.compile(r"Calculated padded input size per channel: \((\d{1,6}) x (\d{1,6})\)\. "
                r"Kernel size: \((\d{1,6}) x (\d{1,6})\)"), _window),
    (re.compile(r"Given input size: \((\d{1,9})x(\d{1,6})x(\d{1,6})\)\. Calculated output size: "
                r"\(\d{1,9}x-?\d{1,6}x-?\d{1,6}\)\. Output size is too small"), _pool),
    (re.compile(r"Negative dimension size caused by subtracting (\d{1,6}) from (\d{1,6})"), _keras_negative),
    (re.compile(r"running_mean should contain (\d{1,9}) elements not (\d{1,9})"), _norm),
    (re.compile(rf"input to conv2d, but got input of size: \[{_NUMBERS}\]"), _flat_pictures),
    (re.compile(rf"size mismatch for ([\w.]{{1,200}})\.(weight|bias): copying a param with shape "
                rf"torch\.Size\(\[{_NUMBERS}\]\) from checkpoint, the shape in current model is "
                rf"torch\.Size\(\[{_NUMBERS}\]\)"), _state_dict),
)  # fmt: skip
"""Each message and what explains it."""
