"""Edits of trained networks that keep their scores: random edits of small networks, and those that cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.analysis.morph import plan_morph
from explorer.arch.blocks import NO_POOL, ConvBlock, InceptionBlock, ResidualStage
from explorer.arch.blocks.parts import Norm, Pool
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.errors import RunError

pytestmark = pytest.mark.torch
torch = pytest.importorskip("torch")

from torch import Tensor, nn  # noqa: E402

from explorer.engine.build import Network, build  # noqa: E402
from explorer.engine.expected import rectified  # noqa: E402
from explorer.engine.initialise import initialise  # noqa: E402
from explorer.engine.morph import morph_state  # noqa: E402

TOLERANCE = 1e-5


def trained(spec: NetworkSpec, seed: int = 0) -> Network:
    """A network in float64 whose weights and running figures are as uneven as those of a trained one."""
    network = build(spec).double()
    initialise(network, "he", seed=seed)
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.weight.data.uniform_(-1.5, 1.5, generator=generator)
            module.bias.data.normal_(generator=generator)
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(generator=generator)
            module.running_var.uniform_(0.5, 2.0, generator=generator)
        elif isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            module.bias.data.normal_(std=0.3, generator=generator)
    return network.eval()


def pictures(spec: NetworkSpec) -> Tensor:
    shape = spec.input
    generator = torch.Generator().manual_seed(1)
    size = (16, shape.channels, shape.height, shape.width)
    made: Tensor = torch.randn(size, dtype=torch.float64, generator=generator)
    return made


def edited(before: NetworkSpec, after: NetworkSpec, seed: int = 0) -> tuple[Tensor, Tensor]:
    """The scores of the trained network and those of the edited one."""
    network, new = trained(before, seed), build(after).double()
    new.load_state_dict(morph_state(before, after, network.state_dict()))
    x = pictures(before)
    with torch.inference_mode():
        return network(x), new.eval()(x)


def assert_kept(before: NetworkSpec, after: NetworkSpec, seed: int = 0) -> None:
    scores, new_scores = edited(before, after, seed)
    assert float((scores - new_scores).abs().max()) <= TOLERANCE
    assert torch.equal(scores.argmax(1), new_scores.argmax(1))


def network_of(*blocks: object, head: Head = Head((12,), 0.3)) -> NetworkSpec:  # noqa: B008  immutable
    return NetworkSpec(InputShape(2, 12, 12), tuple(blocks), head, 5, "small")  # type: ignore[arg-type]


@st.composite
def edits(draw: st.DrawFn) -> tuple[NetworkSpec, NetworkSpec]:
    """A small VGG and the same after some edits: convolutions, widths, blocks, kernels, hidden layers."""
    norm: Norm = draw(st.sampled_from(("none", "batch")))
    before = network_of(
        *(
            VGGBlock(draw(st.integers(1, 2)), draw(st.integers(2, 5)), norm=norm, kernel=draw(st.sampled_from((1, 3))))
            for _ in range(draw(st.integers(1, 2)))
        )
    )
    blocks = [
        replace(
            block,
            num_convs=block.num_convs + draw(st.integers(0, 2)),
            out_channels=block.out_channels + draw(st.integers(0, 5)),
            kernel=block.kernel + draw(st.sampled_from((0, 2))),
        )
        for block in before.blocks
        if isinstance(block, VGGBlock)
    ]
    if draw(st.booleans()):
        place = draw(st.integers(1, len(blocks)))
        width = blocks[place - 1].out_channels + draw(st.integers(0, 3))
        kind = draw(st.sampled_from(("vgg", "conv", "residual", "pre")))
        blocks.insert(place, new_block(kind, width, norm))  # type: ignore[arg-type]
    head = draw(st.sampled_from((Head((12,), 0.3), Head((17,), 0.0), Head((12, 14), 0.3), Head((20, 30), 0.5))))
    return before, replace(before, blocks=tuple(blocks), head=head)


def new_block(kind: str, width: int, norm: Literal["none", "batch"]) -> VGGBlock | ConvBlock | ResidualStage:
    if kind == "vgg":
        return VGGBlock(2, width, norm=norm, pool=NO_POOL)
    if kind == "conv":
        return ConvBlock(width, 3, norm=norm)
    return ResidualStage(2, width, norm=norm, order="post" if kind == "residual" else "pre")


@settings(max_examples=60, deadline=None)
@given(pair=edits(), seed=st.integers(0, 1000))
def test_random_edits_keep_the_scores_and_the_predictions(pair: tuple[NetworkSpec, NetworkSpec], seed: int) -> None:
    before, after = pair
    plan = plan_morph(before, after)
    if plan is None:
        assert before == replace(after, name=before.name)
        return
    assert plan.preserves, plan.reason
    assert plan.sentences
    assert_kept(before, after, seed)


RESIDUAL = network_of(
    ConvBlock(4, norm="batch"), ResidualStage(1, 4), ResidualStage(1, 8, stride=2),
    head=Head((), 0.0, pool="global_average"),
)  # fmt: skip
JOINED = network_of(
    VGGBlock(1, 4, norm="batch"), InceptionBlock.of_four(3, (2, 3), (2, 3), 2, norm="batch"),
    head=Head((), 0.0, pool="global_average"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (RESIDUAL, RESIDUAL.with_block(1, ResidualStage(3, 4))),
        (RESIDUAL, RESIDUAL.with_block(2, ResidualStage(2, 11, stride=2))),
        (RESIDUAL, RESIDUAL.with_block(1, ResidualStage(1, 7))),
        (RESIDUAL, RESIDUAL.with_block(0, ConvBlock(6, norm="batch")).with_block(1, ResidualStage(2, 6))),
        (RESIDUAL, RESIDUAL.insert_block(2, ResidualStage(1, 8, unit="bottleneck"))),
        (JOINED, JOINED.with_block(1, InceptionBlock.of_four(5, (4, 5), (2, 6), 3, norm="batch"))),
        (JOINED, JOINED.with_block(0, VGGBlock(2, 7, norm="batch"))),
        (network_of(VGGBlock(1, 4, norm="lrn")), network_of(VGGBlock(1, 4, norm="lrn"), head=Head((12, 12), 0.0))),
    ],
)  # fmt: skip
def test_networks_with_branches_are_edited_without_loss(before: NetworkSpec, after: NetworkSpec) -> None:
    assert_kept(before, after)


SMALL = network_of(VGGBlock(1, 4), VGGBlock(1, 6))


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (SMALL.without_block(1), "Block 2 was taken out"),
        (SMALL.with_block(1, VGGBlock(1, 5)), "conv2_1 had 6 channels and has 5"),
        (SMALL.insert_block(1, VGGBlock(1, 3, pool=NO_POOL)), "conv2_1 is new and narrower than the 4 channels"),
        (SMALL.insert_block(1, VGGBlock(1, 4)), "pool2 is new"),
        (SMALL.insert_block(0, VGGBlock(1, 4, pool=NO_POOL)), "may be negative"),
        (SMALL.insert_block(1, VGGBlock(1, 4, activation="tanh", pool=NO_POOL)), "tanh changes every value"),
        (SMALL.insert_block(1, ConvBlock(4, stride=2)), "changes the size of the map"),
        (SMALL.with_block(1, VGGBlock(1, 6, pool=Pool("average"))), "pool2 was a MaxPool2d"),
        (SMALL.with_block(1, VGGBlock(1, 6, norm="lrn")), "lrn2_1 is new"),
        (replace(SMALL, num_classes=6), "5 classes and has 6"),
        (replace(SMALL, input=InputShape(2, 16, 16)), "input has another shape"),
        (replace(SMALL, head=Head((), 0.0)), "fc1"),
        (network_of(VGGBlock(1, 9, norm="lrn"), VGGBlock(1, 6)), "lrn1_1 is new"),
    ],
)
def test_an_edit_that_cannot_keep_the_function_says_where_and_why(after: NetworkSpec, says: str) -> None:
    plan = plan_morph(SMALL, after)
    assert plan is not None
    assert not plan.preserves
    assert says in plan.reason
    with pytest.raises(RunError, match="without losing"):
        morph_state(SMALL, after, trained(SMALL).state_dict())


def test_only_another_name_is_no_edit() -> None:
    assert plan_morph(SMALL, replace(SMALL, name="other")) is None


def test_every_tensor_of_the_new_network_has_a_row_and_they_add_up() -> None:
    after = SMALL.with_block(1, VGGBlock(2, 9)).insert_block(2, ResidualStage(1, 9))
    plan = plan_morph(SMALL, after)
    assert plan is not None
    state = build(after).state_dict()
    assert {row.target_tensor: row.shape for row in plan.rows} == {name: tuple(v.shape) for name, v in state.items()}
    assert plan.copied + plan.made + plan.random == sum(value.numel() for value in state.values())
    assert min(plan.copied, plan.made, plan.random) > 0


def test_repeated_channels_do_not_learn_the_same() -> None:
    after = SMALL.with_block(0, VGGBlock(1, 8))
    network = build(after).double()
    network.load_state_dict(morph_state(SMALL, after, trained(SMALL).state_dict()))
    nn.functional.cross_entropy(network(pictures(after)), torch.arange(16) % 5).backward()  # type: ignore[no-untyped-call]
    grad = network.get_parameter("features.0.weight").grad
    assert grad is not None
    assert not torch.allclose(grad[0], grad[4])


def test_a_new_norm_hands_on_what_comes_in_while_training_as_well() -> None:
    before = network_of(VGGBlock(1, 6, norm="batch", pool=NO_POOL), head=Head((), 0.0, pool="global_average"))
    after = before.with_block(0, VGGBlock(2, 6, norm="batch", pool=NO_POOL))
    old, new = trained(before), build(after).double()
    new.load_state_dict(morph_state(before, after, old.state_dict()))
    x = torch.randn((256, 2, 12, 12), dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        scores, new_scores = old.train()(x), new.train()(x)
    change, spread = float((scores - new_scores).abs().max()), float(scores.std(0).mean())
    assert change < 0.25 * spread


def test_the_moments_of_a_cut_normal_are_those_of_many_draws() -> None:
    mean, deviation = torch.tensor([-1.0, 0.0, 0.7]).double(), torch.tensor([0.5, 1.0, 2.0]).double()
    draws = (torch.randn(200_000, 3, generator=torch.Generator().manual_seed(0)).double() * deviation + mean).relu()
    first, variance = rectified(mean, deviation)
    torch.testing.assert_close(first, draws.mean(0), atol=0.01, rtol=0)
    torch.testing.assert_close(variance, draws.var(0), atol=0.03, rtol=0)
