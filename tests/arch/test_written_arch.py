"""What is written need not be read again: the places of its blocks are known."""

from __future__ import annotations

import pytest
from hypothesis import given

from explorer.arch.blocks import Block, ResidualStage, VGGBlock
from explorer.arch.conv_arch import NOTATIONS, Notation, parse_blocks, written_arch
from tests.arch.strategies import block_tuples, vgg_tuples


@given(block_tuples)
def test_the_blocks_of_a_written_list_stand_where_a_reader_finds_them(blocks: tuple[Block, ...]) -> None:
    text, arch = written_arch(blocks, "blocks", input_channels=3)
    assert arch is not None
    read = parse_blocks(text, notation="blocks")
    assert (arch.blocks, arch.notation, arch.spans) == (read.blocks, read.notation, read.spans)


@pytest.mark.parametrize("notation", ["pairs", "triples"])
@given(blocks=vgg_tuples)
def test_pairs_and_triples_stand_where_a_reader_finds_them(notation: Notation, blocks: tuple[VGGBlock, ...]) -> None:
    text, arch = written_arch(blocks, notation, input_channels=3)
    assert arch is not None
    read = parse_blocks(text, previous=blocks, notation=notation)
    assert read._replace(tokens=()) == arch._replace(tokens=())


@pytest.mark.parametrize("notation", NOTATIONS)
def test_no_blocks_are_no_text(notation: Notation) -> None:
    assert written_arch((), notation, input_channels=3) == ("", None)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_other_kinds_are_a_block_list_in_every_notation(notation: Notation) -> None:
    text, arch = written_arch((VGGBlock(1, 64), ResidualStage(2, 64)), notation, input_channels=3)
    assert text == "(1, 64), Residual(2, 64)"
    assert arch is not None
    assert arch.notation == "blocks"
