"""LeNet, AlexNet, ZFNet, GoogLeNet and ResNet against the figures of their papers, of torchvision and of d2l."""

from __future__ import annotations

import pytest

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import NetworkSummary
from explorer.arch.blocks import InceptionBlock, ResidualStage
from explorer.arch.conv_arch import parse_blocks, write_blocks
from explorer.arch.presets import PRESETS, find_preset
from explorer.arch.spec import InputShape

# domain.md, sections 3 and 6: parameters, GMACs, receptive field and stride before the head
FIGURES = {
    "lenet5": (61_706, None, 16, 4),
    "alexnet": (61_100_840, 0.714, 195, 32),
    "alexnet-d2l": (46_764_746, None, 195, 32),
    "zfnet": (62_357_608, None, 171, 32),
    "googlenet": (6_624_904, 1.498, 379, 32),
    "googlenet-paper": (6_998_552, None, 715, 32),
    "googlenet-d2l": (5_977_530, None, 715, 32),
    "googlenet-d2l-224": (5_977_530, None, 715, 32),
    "resnet18": (11_689_512, 1.814, 435, 32),
    "resnet34": (21_797_672, 3.664, 899, 32),  # torchvision's own counts
    "resnet50": (25_557_032, 4.089, 427, 32),
    "resnet18-d2l": (11_178_378, None, 435, 32),
}
INPUTS = {
    "lenet5": (InputShape(1, 28, 28), 10),
    "alexnet-d2l": (InputShape(1, 224, 224), 10),
    "googlenet-d2l": (InputShape(1, 96, 96), 10),
    "googlenet-d2l-224": (InputShape(1, 224, 224), 10),
    "resnet18-d2l": (InputShape(1, 96, 96), 10),
}
# What comes out of each block of the networks, as their papers and d2l's text list it: channels and side.
MAPS = {
    "lenet5": [(6, 14), (16, 5)],
    "alexnet": [(64, 27), (192, 13), (384, 13), (256, 13), (256, 6)],
    "alexnet-d2l": [(96, 26), (256, 12), (384, 12), (384, 12), (256, 5)],
    "zfnet": [(96, 55), (256, 13), (384, 13), (384, 13), (256, 6)],
    "googlenet-paper": [
        *[(64, 56), (64, 56), (192, 28)],
        *[(256, 28), (480, 14)],
        *[(512, 14), (512, 14), (512, 14), (528, 14), (832, 7)],
        *[(832, 7), (1024, 7)],
    ],
    "resnet50": [(64, 56), (256, 56), (512, 28), (1024, 14), (2048, 7)],
    "resnet18-d2l": [(64, 24), (64, 24), (128, 12), (256, 6), (512, 3)],
}


def summary_of(name: str) -> NetworkSummary:
    return summarize(find_preset(name).spec)


@pytest.mark.parametrize("name", FIGURES)
def test_a_classic_has_its_published_size_and_field(name: str) -> None:
    parameters, gmacs, field, stride = FIGURES[name]
    totals = summary_of(name).totals
    assert totals is not None
    assert totals.params.total == parameters
    assert gmacs is None or round(totals.macs / 1e9, 3) == gmacs
    assert totals.field is not None
    assert (totals.field.size, totals.field.jump) == ((field, field), (stride, stride))


@pytest.mark.parametrize("name", FIGURES)
def test_a_classic_takes_the_pictures_of_its_source(name: str) -> None:
    spec = find_preset(name).spec
    assert (spec.input, spec.num_classes) == INPUTS.get(name, (InputShape(3, 224, 224), 1000))


@pytest.mark.parametrize("name", MAPS)
def test_the_blocks_of_a_classic_give_the_maps_that_its_source_lists(name: str) -> None:
    parts = summary_of(name).parts[1:-1]
    assert [part.shape_out for part in parts] == [(channels, side, side) for channels, side in MAPS[name]]


def test_torchvisions_five_by_five_path_is_a_three_by_three_and_the_papers_is_not() -> None:
    kernels = {
        name: {block.paths[2].kernel for block in find_preset(name).spec.blocks if isinstance(block, InceptionBlock)}
        for name in ("googlenet", "googlenet-paper", "googlenet-d2l")
    }
    assert kernels == {"googlenet": {3}, "googlenet-paper": {5}, "googlenet-d2l": {5}}


def test_resnet_of_d2l_keeps_its_biases_and_projects_without_norm() -> None:
    stages = [block for block in find_preset("resnet18-d2l").spec.blocks if isinstance(block, ResidualStage)]
    assert len(stages) == 4
    assert all(stage.bias and not stage.shortcut_norm for stage in stages)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_written_as_a_block_list(name: str) -> None:
    spec = PRESETS[name].spec
    text = write_blocks(spec.blocks, "blocks", input_channels=spec.input.channels)
    assert parse_blocks(text, notation="blocks").blocks == spec.blocks


@pytest.mark.parametrize(
    ("written", "name"), [("ResNet-18", "resnet18"), ("LeNet 5", "lenet5"), ("googlenet_d2l_224", "googlenet-d2l-224")]
)
def test_a_classic_is_found_however_it_is_written(written: str, name: str) -> None:
    assert find_preset(written).name == name
