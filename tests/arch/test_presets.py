"""The networks that are known by name, against the figures of the papers and courses they come from."""

from __future__ import annotations

import pytest

from explorer.analysis.summarize import summarize
from explorer.arch.conv_arch import parse_blocks
from explorer.arch.presets import GROUPS, PRESETS, STARTER, find_preset, is_preset, starter
from explorer.arch.spec import InputShape
from explorer.errors import ExplorerError

# domain.md, section 1 (Simonyan & Zisserman 2015, Table 1 and 2; equal to torchvision's published counts): parameters,
# GMACs, receptive field of the last convolution, of pool5 and of the first linear layer.
PAPER = {
    "vgg11": (132_863_336, 7.609, 134, 150, 342),
    "vgg11-lrn": (132_863_336, 7.609, 134, 150, 342),
    "vgg13": (133_047_848, 11.308, 140, 156, 348),
    "vgg16-c": (133_638_952, 11.771, 140, 156, 348),
    "vgg16": (138_357_544, 15.470, 196, 212, 404),
    "vgg19": (143_667_240, 19.632, 252, 268, 460),
}
WITH_BATCH_NORM = {
    "vgg11-bn": 132_868_840,
    "vgg13-bn": 133_053_736,
    "vgg16-bn": 138_365_992,
    "vgg19-bn": 143_678_248,
}
D2L = {"d2l-vgg11": (128_806_154, 7.547), "d2l-vgg11-small": (43_093_322, 0.512)}  # domain.md, section 3

# domain.md, sections 1 and 3, as the courses write them.
ARCHS = {
    "vgg11": "((1, 64), (1, 128), (2, 256), (2, 512), (2, 512))",
    "vgg13": "((2, 64), (2, 128), (2, 256), (2, 512), (2, 512))",
    "vgg16": '[64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]',
    "vgg19": "((2, 64), (2, 128), (4, 256), (4, 512), (4, 512))",
    "vgg16-c": "(2, 64), (2, 128), VGG(3, 256, kernels=(3, 3, 1)), VGG(3, 512, kernels=(3, 3, 1)), "
    "VGG(3, 512, kernels=(3, 3, 1))",
    "vgg11-lrn": 'VGG(1, 64, norm="lrn"), (1, 128), (2, 256), (2, 512), (2, 512)',
    "d2l-vgg11": "((1, 64), (1, 128), (2, 256), (2, 512), (2, 512))",
    "d2l-vgg11-small": "((1, 16), (1, 32), (2, 64), (2, 128), (2, 128))",
    "d2l-vgg11-tiny": "((1, 8), (1, 16), (2, 32), (2, 64), (2, 64))",
}


@pytest.mark.parametrize("name", PAPER)
def test_a_configuration_of_the_paper_has_its_published_size_and_field(name: str) -> None:
    parameters, gmacs, last_conv, pool5, fc6 = PAPER[name]
    summary = summarize(find_preset(name).spec)
    totals = summary.totals
    assert totals is not None
    assert totals.params.total == parameters
    assert round(totals.macs / 1e9, 3) == gmacs
    convs = [row for row in summary.rows if row.node.op.kind == "Conv2d"]
    fields = [convs[-1].field, summary.by_node["pool5"].field, summary.by_node["fc1"].field]
    assert [field.size if field else None for field in fields] == [(last_conv,) * 2, (pool5,) * 2, (fc6,) * 2]


@pytest.mark.parametrize("name", WITH_BATCH_NORM)
def test_batch_norm_adds_its_scales_and_shifts_and_keeps_the_biases(name: str) -> None:
    totals = summarize(find_preset(name).spec).totals
    assert totals is not None
    assert totals.params.total == WITH_BATCH_NORM[name]


@pytest.mark.parametrize("name", D2L)
def test_a_network_of_d2l_has_the_size_that_its_text_gives(name: str) -> None:
    parameters, gmacs = D2L[name]
    spec = find_preset(name).spec
    totals = summarize(spec).totals
    assert totals is not None
    assert (totals.params.total, round(totals.macs / 1e9, 3)) == (parameters, gmacs)
    assert (spec.input, spec.num_classes) == (InputShape(1, 224, 224), 10)


def test_d2l_at_ratio_8_has_hidden_layers_of_512_and_at_ratio_4_of_4096() -> None:
    assert find_preset("d2l-vgg11-tiny").spec.head.hidden == (512, 512)
    assert find_preset("d2l-vgg11-small").spec.head.hidden == (4096, 4096)


@pytest.mark.parametrize("name", ARCHS)
def test_a_preset_has_the_conv_arch_of_its_source(name: str) -> None:
    assert find_preset(name).spec.blocks == parse_blocks(ARCHS[name]).blocks


def test_every_configuration_of_the_paper_has_a_twin_with_batch_norm() -> None:
    for name in PAPER:
        plain, twin = find_preset(name).spec, find_preset(f"{name}-bn").spec
        norms = [block.norm for block in twin.blocks]
        assert norms == ["lrn" if name == "vgg11-lrn" else "batch", *["batch"] * 4]
        assert [block.with_norm("none") for block in twin.blocks] == [b.with_norm("none") for b in plain.blocks]


def test_every_preset_can_be_computed_and_is_called_as_it_is_found() -> None:
    for name, preset in PRESETS.items():
        assert (preset.name, preset.spec.name) == (name, name)
        assert preset.group in GROUPS
        assert preset.source.startswith("Preset · ")
        assert summarize(preset.spec).is_valid


def test_titles_are_not_given_twice() -> None:
    assert len({preset.title for preset in PRESETS.values()}) == len(PRESETS)


def test_the_starter_is_a_preset_for_grey_pictures_of_32_pixels_and_ten_classes() -> None:
    spec = starter().spec
    assert starter().name == STARTER
    assert (spec.input, spec.num_classes) == (InputShape(1, 32, 32), 10)


@pytest.mark.parametrize("name", ["VGG16", " vgg16 ", "Vgg16-BN", "d2l_vgg11_small", "D2L VGG11", "VGG-16"])
def test_a_name_is_found_however_it_is_written(name: str) -> None:
    assert is_preset(name)
    assert find_preset(name).name == name.strip().lower().replace("_", "-").replace(" ", "-").replace("vgg-", "vgg")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("vgg17", "There is no preset called vgg17; the nearest names are"),
        ("vgg16bn", "vgg16-bn"),
        ("zzz", "There is no preset called zzz; `presets` lists those there are."),
        ("x" * 500, "There is no preset called " + "x" * 37 + "..."),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest_ones(name: str, sentence: str) -> None:
    assert not is_preset(name)
    with pytest.raises(ExplorerError) as caught:
        find_preset(name)
    assert sentence in str(caught.value)
