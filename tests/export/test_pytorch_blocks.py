"""Written code of networks with branches: it runs, and its weights are those of the built network, name by name."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from explorer.analysis.summarize import summarize
from explorer.arch.blocks import ConvBlock, InceptionBlock, Pool, ResidualStage, VGGBlock
from explorer.arch.blocks import Path as Way
from explorer.arch.presets import PRESETS, find_preset
from explorer.arch.spec import Head, InputShape, NetworkSpec
from explorer.export.pytorch_code import class_name, pytorch_code
from tests.arch.small_networks import small_specs

TORCHVISION = {"alexnet": "alexnet", "vgg16-bn": "vgg16_bn", "googlenet": "googlenet", "resnet18": "resnet18"}
TORCHVISION |= {"resnet34": "resnet34", "resnet50": "resnet50"}
MIXED = NetworkSpec(
    InputShape(3, 40, 36),
    (
        VGGBlock(2, 8, norm="lrn"),
        ConvBlock(12, 4, padding="same", dilation=2, groups=2, norm="lrn", activation="elu"),
        InceptionBlock((Way("conv", 4, 5, 2), Way("average", 0, 3), Way("max", 3, 5)), norm="batch", norm_eps=1e-3),
        InceptionBlock.of_four(4, (2, 4), (2, 4), 2, pool=Pool("max", 3, 2, padding=1)),
        ResidualStage(2, 8, "bottleneck", 2, order="pre", activation="gelu"),
        ResidualStage(1, 8, shortcut="always", shortcut_norm=False, bias=True),
        ConvBlock(8, 2, stride=1, padding=1, norm="batch", bias=False, norm_eps=1e-3, pool=Pool()),
    ),
    Head((9,), 0.3, "adaptive", "tanh", dropout_first=True),
    num_classes=5,
    name="one of each kind",
)


def run_code(spec: NetworkSpec, folder: Path) -> Any:
    """The network that the written code makes."""
    path = folder / "network.py"
    path.write_text(pytorch_code(summarize(spec)), encoding="utf-8")
    return runpy.run_path(str(path))[class_name(spec.name)]()


def shapes(network: Any) -> list[tuple[str, tuple[int, ...]]]:
    return sorted((name, tuple(tensor.shape)) for name, tensor in network.state_dict().items())


@pytest.mark.torch
@pytest.mark.parametrize("name", TORCHVISION)
def test_torchvisions_weights_load_into_the_written_code(name: str, tmp_path: Path) -> None:
    import torch
    import torchvision

    settings = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        theirs = torchvision.models.get_model(TORCHVISION[name], weights=None, **settings)
        written = run_code(find_preset(name).spec, tmp_path)
    assert shapes(written) == shapes(theirs)
    with torch.device("meta"):
        assert written.eval()(torch.zeros(1, 3, 224, 224)).shape == (1, 1000)


@pytest.mark.torch
@pytest.mark.parametrize("name", PRESETS)
def test_the_code_of_every_preset_has_the_same_weights_at_full_size(name: str, tmp_path: Path) -> None:
    import torch

    from explorer.engine.build import build

    spec = find_preset(name).spec
    summary = summarize(spec)
    assert summary.totals is not None
    with torch.device("meta"):
        written = run_code(spec, tmp_path)
        x = torch.zeros(1, spec.input.channels, spec.input.height, spec.input.width)
        assert written.eval()(x).shape == (1, spec.num_classes)
    assert sum(weight.numel() for weight in written.parameters()) == summary.totals.params.total
    assert shapes(written) == shapes(build(spec, device="meta"))


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.parametrize("name", PRESETS)
def test_the_code_of_every_preset_computes_what_the_built_network_computes(name: str, tmp_path: Path) -> None:
    import torch

    from explorer.engine.build import build
    from explorer.engine.initialise import initialise

    spec = find_preset(name).spec
    built = build(spec).eval()
    initialise(built, "he", seed=0)  # torch's own weights let every picture end in the same scores
    with torch.device("meta"):
        written = run_code(spec, tmp_path).eval()
    written.load_state_dict(built.state_dict(), assign=True)
    x_NCHW = torch.randn(2, spec.input.channels, spec.input.height, spec.input.width)
    with torch.no_grad():
        scores_NK = written(x_NCHW)
        torch.testing.assert_close(scores_NK, built(x_NCHW), rtol=1e-3, atol=1e-4)
    assert scores_NK.shape == (2, spec.num_classes)
    assert not torch.equal(scores_NK[0], scores_NK[1])


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning")
@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors:UserWarning")
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(spec=st.one_of(st.just(MIXED), small_specs()))
def test_the_written_network_computes_what_the_built_one_computes(
    spec: NetworkSpec, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import torch

    from explorer.engine.build import build

    assume(summarize(spec).is_valid)
    torch.manual_seed(0)
    built = build(spec).eval()
    written = run_code(spec, tmp_path_factory.mktemp("code")).eval()
    written.load_state_dict(built.state_dict())
    x_NCHW = torch.randn(2, spec.input.channels, spec.input.height, spec.input.width)
    with torch.no_grad():
        torch.testing.assert_close(written(x_NCHW), built(x_NCHW))


def test_blocks_made_in_the_same_way_share_a_class_and_others_get_their_own() -> None:
    code = pytorch_code(summarize(MIXED))
    assert re.findall(r"^class (\w+)", code, re.MULTILINE) == [
        "ConvUnit",
        "ConvUnit2",
        "ConvUnit3",
        "Inception",
        "ConvUnit4",
        "Inception2",
        "BottleneckUnit",
        "BasicUnit",
        "ConvUnit5",
        "OneOfEachKind",
    ]
    assert pytorch_code(summarize(find_preset("googlenet").spec)).count("\nclass ") == 3
    assert pytorch_code(summarize(find_preset("resnet50").spec)).count("\nclass ") == 2


def test_a_block_is_one_line_that_says_its_sizes() -> None:
    code = pytorch_code(summarize(find_preset("googlenet").spec))
    assert "        # Block 4: 192 x 28 x 28 -> 256 x 28 x 28\n" in code
    assert "        self.inception3a = Inception(192, 64, (96, 128), (16, 32), 32)\n" in code
    code = pytorch_code(summarize(find_preset("resnet50").spec))
    assert "            BottleneckUnit(256, 512, stride=2, project=True),\n" in code


@pytest.mark.parametrize("name", ["resnet50", "googlenet", "resnet18-d2l"])
def test_no_line_of_code_is_longer_than_120_characters(name: str) -> None:
    code = pytorch_code(summarize(find_preset(name).spec))
    assert max(len(line) for line in code.splitlines()) <= 120


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet18", "ResNet18"),
        ("googlenet-d2l-224", "GoogLeNetD2l224"),
        ("alexnet", "AlexNet"),
        ("Inception", "InceptionNet"),
    ],
)
def test_a_class_name_is_spelled_as_the_papers_do_and_never_taken(name: str, expected: str) -> None:
    assert class_name(name) == expected
