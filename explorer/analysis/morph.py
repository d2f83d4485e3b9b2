"""Whether a trained network can be edited without losing what it learnt, and what is done to keep it.

Sources: Chen, Goodfellow, Shlens 2016, "Net2Net" (identity layers, widening); for residual units whose last scale is
zero: Goyal et al. 2017, section 5.1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from explorer.analysis.correspondence import Correspondence, correspond
from explorer.analysis.growth import TensorOrigin
from explorer.analysis.morph_nodes import CannotKeepError, MorphPass, NodeMorph
from explorer.analysis.tensors import node_shapes, tensors_of
from explorer.arch.blocks import Block, InceptionBlock, ResidualStage, VGGBlock
from explorer.arch.expand import expand
from explorer.arch.graph import Graph
from explorer.arch.ops import BatchNorm2d
from explorer.arch.spec import NetworkSpec


@dataclass(frozen=True, slots=True)
class MorphPlan:
    """What an edit does to a trained network.

    `sentences` say each edit and how the function is kept; `rows` where each tensor comes from, `nodes` how each layer
    begins. `copied`, `made` (identities and zeros) and `random` count numbers. Where the function cannot be kept,
    `reason` says why and there are no rows.
    """

    sentences: tuple[str, ...]
    rows: tuple[TensorOrigin, ...] = ()
    nodes: tuple[NodeMorph, ...] = ()
    copied: int = 0
    made: int = 0
    random: int = 0
    reason: str = ""

    @property
    def preserves(self) -> bool:
        """Whether the edited network can give the same scores as the trained one."""
        return not self.reason


def plan_morph(before: NetworkSpec, after: NetworkSpec) -> MorphPlan | None:
    """What becomes of a trained `before` when it is edited to `after`; None where they differ in name only.

    Raises SpecError where either cannot be computed.
    """
    if replace(before, name=after.name) == after:
        return None
    old, new = expand(before), expand(after)
    shapes = node_shapes(old), node_shapes(new)
    pairs = correspond(before, after, old, new)
    if pairs.gone:
        numbers = " and ".join(str(index + 1) for index in pairs.gone)
        what = f"Block {numbers} was" if len(pairs.gone) == 1 else f"Blocks {numbers} were"
        return MorphPlan((), reason=f"{what} taken out or replaced, and what was learnt there is lost.")
    try:
        nodes = MorphPass(old, new, shapes, pairs).run()
    except CannotKeepError as error:
        return MorphPlan((), reason=str(error))
    rows = tuple(_rows(old, new, nodes))
    counts = Counter[str]()
    for row in rows:
        counts[_GROUPS[nodes[row.node].role]] += math.prod(row.shape)
    sentences = tuple(_sentences(before, after, new, pairs, nodes))
    return MorphPlan(sentences, rows, tuple(nodes.values()), counts["copied"], counts["made"], counts["random"])


_GROUPS: Mapping[str, str] = {"copied": "copied", "identity": "made", "zeroed": "made", "chance": "random"}
_NOTES: Mapping[str, str] = {
    "identity": "hands on what comes in",
    "zeroed": "zero, so that the unit adds nothing yet",
    "chance": "by chance; the zero behind it keeps it silent at first",
}


def _rows(old: Graph, new: Graph, nodes: Mapping[str, NodeMorph]) -> Iterator[TensorOrigin]:
    names = {(tensor.node, tensor.role): tensor.name for tensor in tensors_of(old)}
    for tensor in tensors_of(new):
        morph = nodes[tensor.node]
        if morph.source is None:
            yield TensorOrigin(tensor.name, tensor.node, tensor.shape, None, _NOTES[morph.role])
            continue
        source = names.get((morph.source, tensor.role))
        note = f"from {morph.source}{', channels repeated' if morph.widens else ''}" if source else "zero: it had none"
        yield TensorOrigin(tensor.name, tensor.node, tensor.shape, source, note)


def _sentences(
    before: NetworkSpec, after: NetworkSpec, new: Graph, pairs: Correspondence, nodes: Mapping[str, NodeMorph]
) -> Iterator[str]:
    said = False
    for index, (source, block) in enumerate(zip(pairs.blocks, after.blocks, strict=True), start=1):
        old = None if source is None else before.blocks[source]
        for sentence in _new_block(index, block) if old is None else _edited_block(index, old, block):
            said = True
            yield sentence
    for sentence in _edited_head(before, after):
        said = True
        yield sentence
    made = [name for name, morph in nodes.items() if morph.role == "identity"]
    if any(isinstance(new.by_name[name].op, BatchNorm2d) for name in made):
        yield "New batch norms scale by exactly what they divide by, so that they hand on what comes in."
    if not said:
        yield "Every weight is taken over as it is."


def _new_block(number: int, block: Block) -> Iterator[str]:
    if isinstance(block, ResidualStage):
        last = "norm" if block.norm == "batch" and block.order == "post" else "convolution"
        yield (
            f"Block {number} is new, with {_counted(block.count, block.count_noun)}: the last {last} of each begins at "
            "zero, so that it adds nothing yet."
        )
    else:
        yield f"Block {number} is new: its kernels begin as identities and hand on what comes in."


def _edited_block(number: int, old: Block, block: Block) -> Iterator[str]:
    if old == block:
        return
    more = block.count - old.count
    if more and isinstance(block, ResidualStage):
        yield (
            f"Block {number} has {_counted(more, block.count_noun)} more: the last layer of the new "
            f"{'one' if more == 1 else 'ones'} begins at zero, so that it adds nothing yet."
        )
    elif more:
        yield (
            f"Block {number} has {_counted(more, block.count_noun)} more: the new "
            f"{'kernel begins as the identity' if more == 1 else 'kernels begin as identities'}, and the activation "
            "behind changes nothing that is not negative."
        )
    if block.out_channels != old.out_channels or isinstance(block, InceptionBlock):
        yield (
            f"Block {number} goes from {old.out_channels:,} to {block.out_channels:,} channels: channels are repeated, "
            "and the weights that read them share what there was."
        )
    if _kernels(block)[: old.count] != _kernels(old) and not more:
        yield f"Block {number} has larger kernels: zeros are laid around the old ones."


def _kernels(block: Block) -> tuple[int, ...]:
    if isinstance(block, VGGBlock):
        return block.conv_kernels
    return (getattr(block, "kernel", 0),)


def _edited_head(before: NetworkSpec, after: NetworkSpec) -> Iterator[str]:
    old, new = before.head.hidden, after.head.hidden
    if len(new) > len(old):
        yield f"The head has {_counted(len(new) - len(old), 'hidden layer')} more, which begins as the identity."
    elif new != old:
        yield "The head is wider: its values are repeated, and the weights that read them share what there was."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
