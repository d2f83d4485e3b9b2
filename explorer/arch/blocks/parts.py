"""What several kinds of block are made of: norms, pools, and how they are appended to a graph."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self, TypeVar, cast

from explorer.arch.graph import ConvModules, GraphBuilder, Node
from explorer.arch.limits import MAX_LRN, MAX_POOL, amount, choice, whole
from explorer.arch.ops import Activation, ActivationName, AvgPool2d, BatchNorm2d, Conv2d, LocalResponseNorm, MaxPool2d
from explorer.errors import SpecError

Norm = Literal["none", "batch", "lrn"]
PoolKind = Literal["max", "average", "none"]
BlockT = TypeVar("BlockT")
NORMS: tuple[Norm, ...] = ("none", "batch", "lrn")
POOL_KINDS: tuple[PoolKind, ...] = ("max", "average", "none")


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool that ends a block: its kind, window, step and rounding (`ceil_mode` rounds the map's size up).

    `padding` is pixels on each side, at most half the window, as torch asks.
    """

    kind: PoolKind = "max"
    kernel: int = 2
    stride: int = 2
    ceil_mode: bool = False
    padding: int = 0

    def check(self, path: str) -> None:
        """Raise SpecError where a field cannot be."""
        choice(self.kind, POOL_KINDS, f"{path}.kind", "A pool")
        whole(self.kernel, 1, MAX_POOL, f"{path}.kernel", "A pool window")
        whole(self.stride, 1, MAX_POOL, f"{path}.stride", "A pool step")
        check_truth(self.ceil_mode, f"{path}.ceil_mode", "Rounding up")
        whole(self.padding, 0, MAX_POOL, f"{path}.padding", "A pool's padding")
        if self.padding > self.kernel // 2:
            message = f"A pool's padding is at most half its window, {self.kernel // 2}, and this is {self.padding}."
            raise SpecError(message, path=f"{path}.padding")


TWO_BY_TWO = Pool()
"""VGG's pool: the largest of 2 × 2, step 2."""
NO_POOL = Pool("none")
"""What a block without a pool has."""


class BlockEdits:
    """The edits that every kind of block takes; each gives a new block of the same kind.

    `title` is what users read. `count_noun` names what a block has a number of, empty where it is one of a kind: a VGG
    block has convolutions, a residual stage units.
    """

    __slots__ = ()
    title: ClassVar[str] = "Block"
    count_noun: ClassVar[str] = ""
    max_count: ClassVar[int] = 1

    @property
    def count(self) -> int:
        """How many `count_noun`s the block has; 1 where they are not counted."""
        return 1

    @property
    def channel_step(self) -> int:
        """What the block's channels must divide by."""
        return 1

    def with_count(self, count: int) -> Self:
        """This block with `count` of what it counts; itself where nothing is counted."""
        assert count == self.count
        return self

    def with_channels(self, channels: int) -> Self:
        """This block giving `channels` channels."""
        return replaced(self, out_channels=channels)

    def with_pool(self, pool: Pool) -> Self:
        """This block ending in `pool`."""
        return replaced(self, pool=pool)

    def with_norm(self, norm: Norm) -> Self:
        """This block with `norm` after each convolution."""
        return replaced(self, norm=norm)

    def padded(self) -> Self:
        """This block with padding that keeps the map, where it has a choice."""
        return self


PAPERS_LRN = LocalResponseNorm()
"""Local response normalisation with the constants of Krizhevsky et al. 2012, section 3.3."""


def check_lrn(lrn: LocalResponseNorm, path: str) -> None:
    """Raise SpecError where a constant cannot be."""
    whole(lrn.size, 1, MAX_LRN, f"{path}.size", "A number of neighbouring channels")
    for name in ("alpha", "beta", "k"):
        amount(getattr(lrn, name), MAX_LRN, f"{path}.{name}", f"The norm's {name}")


def replaced(block: BlockT, **fields: Any) -> BlockT:
    """`block` with other values in `fields`."""
    made: BlockT = replace(cast("Any", block), **fields)
    return made


def check_truth(value: object, path: str, what: str) -> None:
    """Raise SpecError unless `value` is true or false."""
    if not isinstance(value, bool):
        raise SpecError(f"{what} is either true or false.", path=path)


def append_conv(
    g: GraphBuilder,
    x: Node,
    conv: Conv2d,
    *,
    label: str,
    modules: ConvModules,
    norm: Norm = "none",
    norm_eps: float = 1e-5,
    lrn: LocalResponseNorm = PAPERS_LRN,
    activation: ActivationName | None = "relu",
) -> Node:
    """`conv` after `x`, with its norm and activation; `label` ends the nodes' names, as in conv`3_2`.

    Batch norm stands before the activation, local response norm after it, as their papers have them.
    """
    x = g.add(conv, x, name=f"conv{label}", module=modules.conv)
    if norm == "batch":
        x = g.add(BatchNorm2d(eps=norm_eps), x, name=f"bn{label}", module=modules.norm())
    if activation is not None:
        x = g.add(Activation(activation), x, name=f"{activation}{label}", module=modules.activation_name())
    if norm == "lrn":
        x = g.add(lrn, x, name=f"lrn{label}", module=modules.norm())
    return x


def append_pool(g: GraphBuilder, x: Node, pool: Pool, *, name: str) -> Node:
    """`pool` after `x`; `x` itself where there is none."""
    if pool.kind == "none":
        return x
    kernel, stride, padding = (pool.kernel,) * 2, (pool.stride,) * 2, (pool.padding,) * 2
    op: MaxPool2d | AvgPool2d
    if pool.kind == "max":
        op = MaxPool2d(kernel, stride, padding, ceil_mode=pool.ceil_mode)
    else:
        op = AvgPool2d(kernel, stride, padding, ceil_mode=pool.ceil_mode)
    return g.add(op, x, name=name, module=g.pool_module())
