"""The Inception block: paths side by side on one map, joined along the channels.

Source: Szegedy et al. 2015, "Going Deeper with Convolutions", section 4, figure 2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from explorer.arch.blocks.parts import NO_POOL, BlockEdits, Pool, append_conv, append_pool, check_truth
from explorer.arch.graph import GraphBuilder, Node
from explorer.arch.limits import MAX_CHANNELS, MAX_KERNEL, MAX_PATHS, choice, positive, whole
from explorer.arch.ops import ACTIVATIONS, ActivationName, AvgPool2d, Concat, Conv2d, MaxPool2d
from explorer.errors import SpecError

PathKind = Literal["conv", "max", "average"]
PATH_KINDS: tuple[PathKind, ...] = ("conv", "max", "average")


@dataclass(frozen=True, slots=True)
class Path:
    """One path: a convolution, after a 1×1 `reduce` unless that is 0; or a pool followed by a 1×1 convolution.

    `out_channels` is what the path gives; 0 on a pool path leaves out its 1×1, so that all channels go through.
    """

    kind: PathKind
    out_channels: int
    kernel: int = 3
    reduce: int = 0

    def check(self, path: str) -> None:
        """Raise SpecError where a field cannot be."""
        choice(self.kind, PATH_KINDS, f"{path}.kind", "A path")
        low = 1 if self.kind == "conv" else 0
        whole(self.out_channels, low, MAX_CHANNELS, f"{path}.out_channels", "A channel count")
        whole(self.kernel, 1, MAX_KERNEL, f"{path}.kernel", "A kernel size")
        whole(self.reduce, 0, MAX_CHANNELS, f"{path}.reduce", "A reduction")
        if self.kernel % 2 == 0:
            message = f"A path's kernel size is odd, so that all maps stay the same, and this is {self.kernel}."
            raise SpecError(message, path=f"{path}.kernel")
        if self.reduce and self.kind != "conv":
            raise SpecError("Only a convolution's path has a reduction before it.", path=f"{path}.reduce")


@dataclass(frozen=True, slots=True)
class InceptionBlock(BlockEdits):
    """Paths on one map, joined along the channels in their order; then a pool."""

    title: ClassVar[str] = "Inception block"

    paths: tuple[Path, ...]
    norm: Literal["none", "batch"] = "none"
    norm_eps: float = 1e-5
    bias: bool = True
    activation: ActivationName = "relu"
    pool: Pool = NO_POOL

    @classmethod
    def of_four(
        cls,
        one: int,
        three: tuple[int, int],
        five: tuple[int, int],
        pooled: int,
        *,
        five_kernel: int = 5,
        norm: Literal["none", "batch"] = "none",
        norm_eps: float = 1e-5,
        bias: bool = True,
        pool: Pool = NO_POOL,
    ) -> InceptionBlock:
        """The paper's four paths: 1×1; 1×1 then 3×3; 1×1 then 5×5; 3×3 max pool then 1×1. Pairs are (reduce, out)."""
        paths = (
            Path("conv", one, 1),
            Path("conv", three[1], 3, three[0]),
            Path("conv", five[1], five_kernel, five[0]),
            Path("max", pooled, 3),
        )
        return cls(paths, norm, norm_eps, bias, pool=pool)

    def check(self, path: str) -> None:
        """Raise SpecError where a field cannot be."""
        whole(len(self.paths), 1, MAX_PATHS, f"{path}.paths", "A number of paths")
        for index, way in enumerate(self.paths):
            way.check(f"{path}.paths[{index}]")
        choice(self.norm, ("none", "batch"), f"{path}.norm", "Normalisation")
        positive(self.norm_eps, f"{path}.norm_eps", "The norm's epsilon")
        check_truth(self.bias, f"{path}.bias", "A bias")
        choice(self.activation, ACTIVATIONS, f"{path}.activation", "An activation")
        self.pool.check(f"{path}.pool")

    @property
    def out_channels(self) -> int:
        """The channels of all paths together, without those of pool paths that let all channels through."""
        return sum(way.out_channels for way in self.paths)

    def with_channels(self, channels: int) -> InceptionBlock:
        """This block giving `channels`: every path and reduction in proportion, none below 1."""
        owned = [index for index, way in enumerate(self.paths) if way.out_channels]
        if not owned:
            return self
        shares = split_evenly(channels, [self.paths[index].out_channels for index in owned])
        factor = channels / self.out_channels
        paths = list(self.paths)
        for index, share in zip(owned, shares, strict=True):
            way = paths[index]
            reduce = max(1, round(way.reduce * factor)) if way.reduce else 0
            paths[index] = replace(way, out_channels=share, reduce=reduce)
        return replace(self, paths=tuple(paths))

    def expand(self, g: GraphBuilder, x: Node, number: int) -> Node:
        """Append this block, the `number`-th of the network (from 1), after `x`; return its last node."""
        root = g.inception_module()
        ends = []
        for index, way in enumerate(self.paths, start=1):
            g.begin_path(index)
            ends.append(self._expand_path(g, x, way, label=f"{number}_p{index}", root=f"{root}.branch{index}"))
        g.begin_path(0)
        joined = g.add(Concat(), *ends, name=f"join{number}", module=f"{root}.join")
        return append_pool(g, joined, self.pool, name=f"pool{number}")

    def _expand_path(self, g: GraphBuilder, x: Node, way: Path, *, label: str, root: str) -> Node:
        if way.kind == "conv":
            if way.reduce:
                x = self._conv(g, x, way.reduce, 1, label=f"{label}_reduce", root=f"{root}.0")
            return self._conv(g, x, way.out_channels, way.kernel, label=label, root=f"{root}.1" if way.reduce else root)
        kernel, padding = (way.kernel, way.kernel), (way.kernel // 2, way.kernel // 2)
        op = MaxPool2d(kernel, (1, 1), padding) if way.kind == "max" else AvgPool2d(kernel, (1, 1), padding)
        x = g.add(op, x, name=f"pool{label}", module=f"{root}.0")
        return self._conv(g, x, way.out_channels, 1, label=label, root=f"{root}.1") if way.out_channels else x

    def _conv(self, g: GraphBuilder, x: Node, channels: int, kernel: int, *, label: str, root: str) -> Node:
        conv = Conv2d(channels, (kernel, kernel), padding=(kernel // 2, kernel // 2), bias=self.bias)
        return append_conv(
            g,
            x,
            conv,
            label=label,
            modules=g.named_modules(root),
            norm=self.norm,
            norm_eps=self.norm_eps,
            activation=self.activation,
        )


def split_evenly(total: int, weights: Sequence[int]) -> list[int]:
    """`total` parted in proportion to `weights`, each part at least 1; the sum is `total` where that is possible."""
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [max(1, int(value)) for value in exact]
    by_rest = sorted(range(len(parts)), key=lambda index: parts[index] - exact[index])
    for index in by_rest[: max(0, total - sum(parts))]:
        parts[index] += 1
    for index in reversed(by_rest):
        spare = min(parts[index] - 1, sum(parts) - total)
        parts[index] -= max(0, spare)
    return parts
