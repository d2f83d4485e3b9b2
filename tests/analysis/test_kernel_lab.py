"""The kernel lab. The figures are those of Simonyan & Zisserman 2015, section 2.3: 3 · 9C² = 27C² against 49C²."""

from dataclasses import replace

import pytest

from explorer.analysis.kernel_lab import SWAPS, LabResult, Swap, lab_blocks, replace_kernels, run_lab, swaps_for
from explorer.arch.blocks import VGGBlock
from explorer.arch.presets import find_preset
from explorer.arch.spec import Head, InputShape, NetworkSpec
from explorer.errors import SpecError

BY_NAME = {swap.name: swap for swap in SWAPS}


def lab(num_convs: int, swap: str, *, kernel: int = 3, channels: int = 32) -> LabResult:
    block = VGGBlock(num_convs, channels, kernel=kernel)
    spec = NetworkSpec(InputShape(channels, 64, 64), (block,), Head(()), 10, name="net")
    return run_lab(spec, 0, BY_NAME[swap])


@pytest.mark.parametrize(
    ("num_convs", "kernel", "swap", "before", "after"),
    [
        (3, 3, "three-to-7", "27C²", "49C²"),
        (2, 3, "two-to-5", "18C²", "25C²"),
        (1, 7, "7-to-three", "49C²", "27C²"),
        (1, 5, "5-to-two", "25C²", "18C²"),
        (4, 3, "two-to-5", "36C²", "50C²"),
        (4, 3, "three-to-7", "36C²", "58C²"),  # one stack of three; the fourth stays
    ],
)
def test_the_weights_per_pair_of_channels_are_the_papers(
    num_convs: int, kernel: int, swap: str, before: str, after: str
) -> None:
    found = lab(num_convs, swap, kernel=kernel)
    assert (found.before.formula, found.after.formula) == (before, after)


def test_the_formula_is_the_count_where_channels_in_and_out_are_equal() -> None:
    found = lab(3, "three-to-7", channels=32)
    for variant, convs in ((found.before, 3), (found.after, 1)):
        assert variant.params == variant.weights_per_pair * 32**2 + convs * 32  # weights and biases
        assert variant.macs == variant.weights_per_pair * 32**2 * 64**2


def test_both_stacks_see_the_same_field_and_the_small_kernels_bend_more_often() -> None:
    found = lab(3, "three-to-7")
    assert found.before.field == found.after.field
    assert (found.before.num_nonlinearities, found.after.num_nonlinearities) == (3, 1)


def test_what_was_replaced_can_be_replaced_back() -> None:
    spec = find_preset("vgg16").spec
    for forth, back in (("three-to-7", "7-to-three"), ("two-to-5", "5-to-two")):
        changed = replace_kernels(spec, 2, BY_NAME[forth])
        again = replace_kernels(changed, 2, BY_NAME[back])
        assert again.blocks[2].conv_kernels == (3, 3, 3)  # type: ignore[union-attr]
        assert replace(again, name=spec.name) == spec


def test_a_kernel_that_is_left_over_stays_where_it_is() -> None:
    changed = replace_kernels(find_preset("vgg16").spec, 4, BY_NAME["two-to-5"])
    block = changed.blocks[4]
    assert isinstance(block, VGGBlock)
    assert block.conv_kernels == (5, 3)
    assert changed.name == "vgg16, block 5 5×5 + 3×3"


def test_only_what_a_block_has_is_offered() -> None:
    spec = find_preset("vgg11").spec
    assert swaps_for(spec, 0) == ()
    assert swaps_for(spec, 2) == (BY_NAME["two-to-5"],)
    assert lab_blocks(spec) == (2, 3, 4)
    assert lab_blocks(find_preset("resnet18").spec) == ()


def test_a_block_without_the_stack_is_refused_with_its_place() -> None:
    with pytest.raises(SpecError, match=r"Block 1 has no 3 × \(3×3\) to replace."):
        replace_kernels(find_preset("vgg11").spec, 0, BY_NAME["three-to-7"])
    with pytest.raises(SpecError, match="VGG blocks"):
        replace_kernels(find_preset("resnet18").spec, 1, BY_NAME["three-to-7"])


def test_a_title_says_what_becomes_of_what() -> None:
    assert Swap("x", (3, 3, 3), (7,)).title == "3 × (3×3) → 7×7"
