"""The built module against torchvision's own VGGs."""

from __future__ import annotations

import pytest
import torch
from torchvision.models import vgg

from explorer.arch.graph import Graph, GraphBuilder
from explorer.arch.ops import Activation, Add, Concat, Conv2d, Flatten, Input, Linear, MaxPool2d
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.engine.build import build
from explorer.errors import ExplorerError

pytestmark = pytest.mark.torch

CONVS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}


def _spec(name: str, *, norm: bool, head: Head, side: int, classes: int, width: int = 64) -> NetworkSpec:
    channels = (width, 2 * width, 4 * width, 8 * width, 8 * width)
    blocks = tuple(VGGBlock(n, c, norm="batch" if norm else "none") for n, c in zip(CONVS[name], channels, strict=True))
    return NetworkSpec(InputShape(3, side, side), blocks, head, classes)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("name", sorted(CONVS))
def test_names_and_shapes_of_all_weights_equal_torchvisions(name: str, norm: bool) -> None:
    with torch.device("meta"):
        theirs = getattr(vgg, f"{name}_bn" if norm else name)(weights=None)
    ours = build(_spec(name, norm=norm, head=Head(pool="adaptive"), side=224, classes=1000), device="meta")
    expected = {key: value.shape for key, value in theirs.state_dict().items()}
    assert {key: value.shape for key, value in ours.state_dict().items()} == expected
    assert list(ours.state_dict()) == list(expected)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("name", sorted(CONVS))
def test_a_loaded_torchvision_state_dict_gives_torchvisions_logits(name: str, norm: bool) -> None:
    # A thin VGG through torchvision's own classes, so that the whole zoo fits into a second.
    plan: list[str | int] = []
    for num, channels in zip(CONVS[name], (4, 8, 16, 32, 32), strict=True):
        plan += [*[channels] * num, "M"]
    with torch.device("meta"):
        theirs = vgg.VGG(torch.nn.Sequential(), num_classes=10, init_weights=False)
    theirs.features = vgg.make_layers(plan, batch_norm=norm)
    theirs.classifier = torch.nn.Sequential(
        torch.nn.Linear(32 * 49, 64),
        torch.nn.ReLU(inplace=True),
        torch.nn.Dropout(),
        torch.nn.Linear(64, 64),
        torch.nn.ReLU(inplace=True),
        torch.nn.Dropout(),
        torch.nn.Linear(64, 10),
    )
    ours = build(_spec(name, norm=norm, head=Head((64, 64), pool="adaptive"), side=48, classes=10, width=4))
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3, 48, 48, generator=torch.Generator().manual_seed(0))
    assert torch.equal(ours.eval()(x), theirs.eval()(x))


def test_a_full_vgg11_state_dict_loads_and_gives_equal_logits() -> None:
    theirs = vgg.vgg11(weights=None, num_classes=10, init_weights=False).eval()
    ours = build(_spec("vgg11", norm=False, head=Head(pool="adaptive"), side=32, classes=10)).eval()
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        assert torch.equal(ours(x), theirs(x))


def test_a_network_that_collapses_is_refused_with_the_pool_and_its_sentence() -> None:
    spec = _spec("vgg11", norm=False, head=Head(), side=28, classes=10)
    with pytest.raises(ExplorerError, match=r"pool5 cannot be built. This pool leaves nothing of the 1 × 1 map"):
        build(spec, device="meta")


def _branches() -> Graph:
    g = GraphBuilder()
    x = g.add(Input(3, 9, 9), name="input", module="")
    a = g.add(Conv2d(4, (1, 1)), x, name="a", module="mixed.a")
    b = g.add(Conv2d(4, (3, 3), padding="same"), x, name="b", module="mixed.b")
    total = g.add(Add(), a, b, name="sum", module="mixed.sum")
    relu = g.add(Activation(), total, name="relu", module="mixed.relu")
    joined = g.add(Concat(), relu, a, name="join", module="mixed.join")
    pool = g.add(MaxPool2d((2, 2), (2, 2)), joined, name="pool", module="mixed.pool")
    flat = g.add(Flatten(), pool, name="flatten", module="flatten")
    g.add(Linear(5), flat, name="classes", module="classes")
    return g.build()


def test_branches_are_summed_and_joined_in_the_order_of_their_inputs() -> None:
    net = build(_branches())
    x = torch.randn(2, 3, 9, 9, generator=torch.Generator().manual_seed(2))
    a, b = net.node_module("a")(x), net.node_module("b")(x)
    joined = torch.cat((torch.relu(a + b), a), dim=1)
    flat = torch.nn.functional.max_pool2d(joined, 2).flatten(1)
    assert torch.equal(net(x), net.node_module("classes")(flat))
    assert sorted({name.split(".")[0] for name in net.state_dict()}) == ["classes", "mixed"]


def test_an_activation_never_overwrites_the_picture_or_what_another_path_reads() -> None:
    g = GraphBuilder()
    x = g.add(Input(2, 4, 4), name="input", module="")
    first = g.add(Activation(), x, name="relu1", module="relu1")
    conv = g.add(Conv2d(2, (1, 1)), first, name="conv", module="conv")
    second = g.add(Activation(), conv, name="relu2", module="relu2")
    g.add(Add(), conv, second, name="sum", module="sum")
    net = build(g.build())
    picture = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(3))
    before = picture.clone()
    out = net(picture)
    assert torch.equal(picture, before)
    conv_out = net.node_module("conv")(torch.relu(picture))
    assert torch.equal(out, conv_out + torch.relu(conv_out))
