"""The kernel lab: a stack of small kernels against one large kernel that sees as much.

Two 3×3 convolutions see 5×5, three see 7×7. For C channels in and out the stack of three costs 3 · 9 · C² = 27C²
weights, one 7×7 costs 49C², and the stack has three non-linearities instead of one.
Source: Simonyan & Zisserman 2015, section 2.3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks import VGGBlock
from explorer.arch.graph import block_part
from explorer.arch.limits import MAX_CONVS
from explorer.arch.ops import Activation
from explorer.arch.spec import NetworkSpec
from explorer.errors import SpecError
from explorer.units import TIMES


@dataclass(frozen=True, slots=True)
class Swap:
    """Kernels that follow each other in a block, and those that take their place; both see as much."""

    name: str
    old: tuple[int, ...]
    new: tuple[int, ...]

    @property
    def title(self) -> str:
        """`2 × (3×3) → 5×5`."""
        return f"{stack_words(self.old)} → {stack_words(self.new)}"


SWAPS: tuple[Swap, ...] = (
    Swap("two-to-5", (3, 3), (5,)),
    Swap("three-to-7", (3, 3, 3), (7,)),
    Swap("5-to-two", (5,), (3, 3)),
    Swap("7-to-three", (7,), (3, 3, 3)),
)
"""Every replacement that the lab knows."""


@dataclass(frozen=True)
class Variant:
    """One side of the lab: the whole network, and what its block costs.

    `formula` is the weights per pair of C channels in and C out, as `27C²`; `exact_params` and the others are the
    block's own, with its real channels and biases. `field` is what the block's end sees, in input pixels.
    """

    summary: NetworkSummary
    kernels: tuple[int, ...]
    weights_per_pair: int
    params: int | None
    macs: int | None
    field: tuple[int, int] | None
    num_nonlinearities: int

    @property
    def spec(self) -> NetworkSpec:
        """The network."""
        return self.summary.spec

    @property
    def formula(self) -> str:
        """`27C²`."""
        return f"{self.weights_per_pair}C²"

    @property
    def words(self) -> str:
        """`3 × (3×3)`, or `5×5 + 3×3` where the kernels differ."""
        return stack_words(self.kernels)


@dataclass(frozen=True)
class LabResult:
    """The same network with both stacks in one block; `num_places` stacks were replaced."""

    block: int
    swap: Swap
    num_places: int
    before: Variant
    after: Variant


def swaps_for(spec: NetworkSpec, block: int) -> tuple[Swap, ...]:
    """The replacements that `block` (from 0) has a place for; none where it is not a VGG block."""
    chosen = spec.blocks[block] if 0 <= block < len(spec.blocks) else None
    if not isinstance(chosen, VGGBlock):
        return ()
    return tuple(swap for swap in SWAPS if _fits(chosen, swap))


def lab_blocks(spec: NetworkSpec) -> tuple[int, ...]:
    """The blocks (from 0) in which something can be replaced."""
    return tuple(index for index in range(len(spec.blocks)) if swaps_for(spec, index))


def best_swap(spec: NetworkSpec, block: int) -> Swap:
    """The replacement in `block` that tells most: a large kernel for the whole block, the largest first."""

    def rank(swap: Swap) -> tuple[bool, bool, int]:
        chosen = spec.blocks[block]
        assert isinstance(chosen, VGGBlock)
        kernels, _places = _replaced(chosen.conv_kernels, swap)
        return len(set(kernels)) == 1, len(swap.new) == 1, max(swap.new)

    return max(swaps_for(spec, block), key=rank)


def best_place(spec: NetworkSpec) -> tuple[int, Swap]:
    """The first block where a stack becomes one 7×7 and nothing is left over, or else the first with a place at all."""
    blocks = lab_blocks(spec)
    found = [(block, best_swap(spec, block)) for block in blocks]

    def whole(place: tuple[int, Swap]) -> bool:
        chosen = spec.blocks[place[0]]
        assert isinstance(chosen, VGGBlock)
        return chosen.conv_kernels == place[1].old and place[1].new == (7,)

    return next((place for place in found if whole(place)), found[0])


def replace_kernels(spec: NetworkSpec, block: int, swap: Swap) -> NetworkSpec:
    """`spec` with every stack of `swap.old` in `block` replaced, from the front. Raises SpecError where none is."""
    chosen = spec.blocks[block] if 0 <= block < len(spec.blocks) else None
    if not isinstance(chosen, VGGBlock):
        raise SpecError("Kernels are replaced in VGG blocks, and this is none.", path=f"blocks[{block}]")
    kernels, places = _replaced(chosen.conv_kernels, swap)
    if not places:
        message = f"Block {block + 1} has no {stack_words(swap.old)} to replace."
        raise SpecError(message, path=f"blocks[{block}]")
    if len(kernels) > MAX_CONVS:
        message = f"Block {block + 1} would have {len(kernels)} convolutions; {MAX_CONVS} is the most."
        raise SpecError(message, path=f"blocks[{block}]")
    same = len(set(kernels)) == 1
    made = replace(
        chosen,
        num_convs=len(kernels),
        kernel=kernels[0] if same else chosen.kernel,
        kernels=() if same else kernels,
    )
    name = f"{spec.name}, block {block + 1} {stack_words(kernels)}"
    return replace(spec.with_block(block, made), name=name if len(name) <= 120 else spec.name)


def run_lab(spec: NetworkSpec, block: int, swap: Swap) -> LabResult:
    """Both networks and their figures. Raises SpecError where `block` has no place for `swap`."""
    changed = replace_kernels(spec, block, swap)
    chosen = spec.blocks[block]
    assert isinstance(chosen, VGGBlock)
    places = _replaced(chosen.conv_kernels, swap)[1]
    return LabResult(block, swap, places, _variant(spec, block), _variant(changed, block))


def stack_words(kernels: tuple[int, ...]) -> str:
    """`3 × (3×3)`, `7×7`, `5×5 + 3×3`."""
    runs: list[tuple[int, int]] = []
    for kernel in kernels:
        if runs and runs[-1][0] == kernel:
            runs[-1] = (kernel, runs[-1][1] + 1)
        else:
            runs.append((kernel, 1))
    words = []
    for kernel, count in runs:
        one = f"{kernel}{TIMES}{kernel}"
        words.append(one if count == 1 else f"{count} {TIMES} ({one})")
    return " + ".join(words)


def _fits(block: VGGBlock, swap: Swap) -> bool:
    kernels, places = _replaced(block.conv_kernels, swap)
    return bool(places) and len(kernels) <= MAX_CONVS


def _replaced(kernels: tuple[int, ...], swap: Swap) -> tuple[tuple[int, ...], int]:
    """The kernels with each whole stack of `swap.old` replaced, and how many there were."""
    made: list[int] = []
    places = index = 0
    while index < len(kernels):
        if kernels[index : index + len(swap.old)] == swap.old:
            made += swap.new
            index += len(swap.old)
            places += 1
        else:
            made.append(kernels[index])
            index += 1
    return tuple(made), places


def _variant(spec: NetworkSpec, block: int) -> Variant:
    summary = summarize(spec)
    part = summary.by_part[block_part(block)]
    chosen = spec.blocks[block]
    assert isinstance(chosen, VGGBlock)
    return Variant(
        summary,
        chosen.conv_kernels,
        sum(kernel * kernel for kernel in chosen.conv_kernels),
        part.params.total if part.complete and part.params else None,
        part.macs if part.complete else None,
        part.field_out.size if part.field_out else None,
        sum(isinstance(row.node.op, Activation) for row in part.rows),
    )
