"""Edits of whole blocks: each gives the network wanted, words for undo, and what is selected afterwards."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.arch import edits
from explorer.arch.edits import Edit
from explorer.arch.limits import MAX_BLOCKS, MAX_CHANNELS, MAX_CONVS
from explorer.arch.spec import InputShape, NetworkSpec, VGGBlock
from explorer.errors import SpecError


def net(*blocks: tuple[int, int]) -> NetworkSpec:
    return NetworkSpec(InputShape(1, 32, 32), tuple(VGGBlock(convs, channels) for convs, channels in blocks))


def pairs(spec: NetworkSpec) -> list[tuple[int, int]]:
    return [(block.count, block.out_channels) for block in spec.blocks]


FIVE = net((1, 8), (1, 16), (2, 32), (2, 64), (3, 128))


def test_one_convolution_more_and_less_name_the_block_and_the_number_reached() -> None:
    more = edits.add_conv(FIVE, (3,))
    assert pairs(more.spec)[3] == (3, 64)
    assert (more.text, more.selection, more.merge_key) == (
        "Block 4 to 3 convolutions",
        ("block4",),
        "block4.count",
    )
    assert edits.remove_conv(more.spec, (3,)).spec == FIVE


def test_a_block_keeps_its_last_convolution() -> None:
    with pytest.raises(SpecError, match=r"Block 1 has one convolution left\. Delete the block instead\."):
        edits.remove_conv(FIVE, (0,))


def test_a_new_convolution_has_the_kernel_of_the_one_before() -> None:
    block = VGGBlock(3, 256, kernels=(3, 3, 1))
    spec = NetworkSpec(InputShape(3, 32, 32), (block,))
    assert edits.add_conv(spec, (0,)).spec.blocks == (VGGBlock(4, 256, kernels=(3, 3, 1, 1)),)
    assert edits.remove_conv(spec, (0,)).spec.blocks == (VGGBlock(2, 256, kernels=(3, 3)),)


def test_doubling_and_halving_say_the_channels_reached() -> None:
    twice = edits.double(FIVE, (3,))
    assert (twice.text, twice.merge_key) == ("Block 4 to 128 channels", "block4.out_channels")
    assert edits.halve(twice.spec, (3,)).spec == FIVE


def test_several_blocks_change_in_one_edit() -> None:
    twice = edits.double(FIVE, (1, 2))
    assert pairs(twice.spec)[1:3] == [(1, 32), (2, 64)]
    assert twice.text == "Blocks 2 and 3 to twice the channels"
    assert twice.selection == ("block2", "block3")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: edits.halve(net((1, 1)), (0,)), "cannot be halved"),
        (lambda: edits.double(net((1, MAX_CHANNELS)), (0,)), "at most 1,000,000"),
        (lambda: edits.add_conv(net((MAX_CONVS, 8)), (0,)), "at most 64"),
        (lambda: edits.set_channels(FIVE, (0,), 0), "at least 1"),
        (lambda: edits.set_convs(FIVE, (0,), 65), "at most 64"),
        (lambda: edits.insert_copy(net(*[(1, 8)] * MAX_BLOCKS), 3), "at most 128 blocks"),
        (lambda: edits.duplicate(net(*[(1, 8)] * MAX_BLOCKS), (3,)), "Delete one first"),
        (lambda: edits.delete(FIVE, ()), "No block is selected"),
        (lambda: edits.delete(FIVE, (7,)), "The network has 5 blocks"),
        (lambda: edits.move_left(FIVE, (0,)), "right after the input"),
        (lambda: edits.move_right(FIVE, (4,)), "right before the head"),
        (lambda: edits.add_conv(FIVE, (9,)), "The network has 5 blocks"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(make: Callable[[], Edit], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        make()


def test_inserting_copies_the_block_to_the_left_and_selects_the_copy() -> None:
    edit = edits.insert_copy(FIVE, 3)
    assert pairs(edit.spec) == [(1, 8), (1, 16), (2, 32), (2, 32), (2, 64), (3, 128)]
    assert edit.selection == ("block4",)


def test_inserting_before_the_first_block_copies_the_block_to_the_right() -> None:
    assert pairs(edits.insert_copy(FIVE, 0).spec)[:2] == [(1, 8), (1, 8)]


def test_the_first_block_of_an_empty_network_is_that_of_vgg_11() -> None:
    edit = edits.insert_copy(net(), 0)
    assert (pairs(edit.spec), edit.selection) == ([(1, 64)], ("block1",))


def test_copies_stand_after_the_last_of_the_blocks_copied() -> None:
    edit = edits.duplicate(FIVE, (0, 2))
    assert pairs(edit.spec) == [(1, 8), (1, 16), (2, 32), (1, 8), (2, 32), (2, 64), (3, 128)]
    assert edit.selection == ("block4", "block5")


def test_after_a_deletion_the_block_that_moved_up_is_selected() -> None:
    assert edits.delete(FIVE, (1,)).selection == ("block2",)
    assert edits.delete(FIVE, (4,)).selection == ("block4",)
    assert edits.delete(net((1, 8)), (0,)).selection == ()


def test_a_moved_block_stays_selected() -> None:
    edit = edits.move(FIVE, (1,), 4)
    assert pairs(edit.spec) == [(1, 8), (2, 32), (2, 64), (1, 16), (3, 128)]
    assert (edit.text, edit.selection) == ("Move block 2 to place 4", ("block4",))


@given(st.integers(0, 4), st.integers(0, 5))
def test_moving_keeps_every_block_and_the_order_of_the_others(index: int, gap: int) -> None:
    moved = edits.move(FIVE, (index,), gap).spec
    rest = [block for block in moved.blocks if block != FIVE.blocks[index]]
    assert sorted(pairs(moved)) == sorted(pairs(FIVE))
    assert rest == [block for block in FIVE.blocks if block != FIVE.blocks[index]]


def test_moving_left_and_then_right_is_the_network_before() -> None:
    left = edits.move_left(FIVE, (3,))
    assert left.selection == ("block3",)
    assert edits.move_right(left.spec, (2,)).spec == FIVE


@pytest.mark.parametrize(
    ("part", "index"), [("block1", 0), ("block12", 11), ("block0", None), ("input", None), ("conv1_1", None)]
)
def test_only_blocks_have_an_index(part: str, index: int | None) -> None:
    assert edits.block_index(part) == index
