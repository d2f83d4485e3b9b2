"""The conv_arch reader and writer: what is understood, what is kept, and what is written."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.arch.blocks import Block, Pool, VGGBlock
from explorer.arch.conv_arch import (
    NOTATIONS,
    Notation,
    ParsedArch,
    can_express,
    parse_blocks,
    what_is_lost,
    write_blocks,
)
from explorer.errors import ArchTextError
from tests.arch.strategies import block_tuples, vgg_tuples

# domain.md, sections 1 and 3: d2l's VGG-11, and VGG-16 as torchvision writes it.
VGG11 = "((1, 64), (1, 128), (2, 256), (2, 512), (2, 512))"
VGG11_TRIPLES = "((1, 3, 64), (1, 64, 128), (2, 128, 256), (2, 256, 512), (2, 512, 512))"
VGG16_TORCHVISION = '[64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]'
VGG11_SIZES = [(1, 64), (1, 128), (2, 256), (2, 512), (2, 512)]
VGG16_SIZES = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)]


def sizes(text: str, notation: Notation | None = None) -> list[tuple[int, int]]:
    return [(block.count, block.out_channels) for block in parse_blocks(text, notation=notation).blocks]


@pytest.mark.parametrize(
    ("text", "notation", "expected"),
    [
        (VGG11, "pairs", VGG11_SIZES),
        (VGG11_TRIPLES, "triples", VGG11_SIZES),
        (VGG16_TORCHVISION, "torchvision", VGG16_SIZES),
        ("(1, 64), (1, 128), (2, 256), (2, 512), (2, 512)", "pairs", VGG11_SIZES),
        (f"conv_arch = {VGG11}", "pairs", VGG11_SIZES),
        (f"\ufeffconv_arch={VGG11}\r\n", "pairs", VGG11_SIZES),
        (f'"D": {VGG16_TORCHVISION},', "torchvision", VGG16_SIZES),
        ("small = [64, 64, 'M', # first\n 128, 'M',\n]", "torchvision", [(2, 64), (1, 128)]),
        ("[[1, 64], [2, 128]]", "pairs", [(1, 64), (2, 128)]),
        ("[(1, 64), [2, 128],]", "pairs", [(1, 64), (2, 128)]),
        ("（（1， 64）， （2，128））", "pairs", [(1, 64), (2, 128)]),
        ("((1、64)，(2、１２８))", "pairs", [(1, 64), (2, 128)]),
        ("((1,\t64),\r\n\t(2,\u200b128\u00a0))", "pairs", [(1, 64), (2, 128)]),
        ("((1, 1_000), (2, 0128))", "pairs", [(1, 1000), (2, 128)]),
        ("(1, 64)", "pairs", [(1, 64)]),
        ("((1, 64),)", "pairs", [(1, 64)]),
        ("(((1, 64)))", "pairs", [(1, 64)]),
        ("1, 64", "pairs", [(1, 64)]),
        ("(1, 3, 64)", "triples", [(1, 64)]),
        ("[64]", "torchvision", [(1, 64)]),
        ("[64, 64, 128, 128]", "torchvision", [(2, 64), (2, 128)]),
        ("[64, m, 128, M]", "torchvision", [(1, 64), (1, 128)]),
        ("64, 'M', 128", "torchvision", [(1, 64), (1, 128)]),
        ("[64, “M”, 128, ‘M’]", "torchvision", [(1, 64), (1, 128)]),
        ("(2, 128), VGG(3, 256)", "blocks", [(2, 128), (3, 256)]),
        ("[vgg(num_convs=3, channels=256)]", "blocks", [(3, 256)]),
        ("VGG(\n  3,\n  channels=256,\n)", "blocks", [(3, 256)]),
        ("((1, 64), (1, \\\n128))", "pairs", [(1, 64), (1, 128)]),
    ],
)
def test_a_text_is_read_whatever_its_notation_and_punctuation(
    text: str, notation: Notation, expected: list[tuple[int, int]]
) -> None:
    assert parse_blocks(text).notation == notation
    assert sizes(text) == expected


def test_a_plain_text_gives_plain_blocks() -> None:
    assert parse_blocks("((1, 64), (2, 128))").blocks == (VGGBlock(1, 64), VGGBlock(2, 128))


@pytest.mark.parametrize(
    ("text", "hint", "found"),
    [
        ("[2, 64]", None, "pairs"),
        ("[2, 64]", "torchvision", "torchvision"),
        ("(64, 64, 128)", "torchvision", "torchvision"),
        ("((1, 64), (2, 128))", "blocks", "blocks"),
        ("((1, 64), (2, 128))", "torchvision", "pairs"),
        ("((1, 64), (2, 128))", "triples", "pairs"),
        ("((1, 3, 64),)", "pairs", "triples"),
        ("((1, 3, 64),)", "blocks", "triples"),
        ("[64, 'M']", "pairs", "torchvision"),
        ("VGG(2, 64)", "pairs", "blocks"),
    ],
)
def test_the_notation_asked_for_decides_only_where_a_text_could_be_either(
    text: str, hint: Notation | None, found: Notation
) -> None:
    assert parse_blocks(text, notation=hint).notation == found


def test_letters_of_a_torchvision_list_are_the_pools_that_end_blocks() -> None:
    blocks = parse_blocks('[8, "M", 16, "A", 32, "C", 64]').blocks
    assert [block.pool for block in blocks] == [
        Pool("max"),
        Pool("average"),
        Pool("max", ceil_mode=True),
        Pool("none"),
    ]


def test_a_change_of_width_without_a_pool_becomes_two_blocks_the_first_without_pool() -> None:
    blocks = parse_blocks('[64, 128, 128, "M"]').blocks
    assert [(b.count, b.out_channels, b.pool.kind) for b in blocks] == [(1, 64, "none"), (2, 128, "max")]


def test_the_block_list_writes_every_field_of_a_block() -> None:
    text = (
        'VGG(3, 256, kernels=(3, 3, 1), padding="none", norm="lrn", activation="gelu", '
        'pool=Pool("average", kernel=3, stride=1, ceil_mode=True)), VGG(1, 8, kernel=5, pool="none")'
    )
    first = VGGBlock(3, 256, 3, (3, 3, 1), "none", "lrn", "gelu", Pool("average", 3, 1, ceil_mode=True))
    blocks = (first, VGGBlock(1, 8, kernel=5, pool=Pool("none")))
    assert parse_blocks(text).blocks == blocks
    assert write_blocks(blocks, "blocks", input_channels=3) == text


def test_the_block_list_takes_words_for_strings_and_none_for_nothing() -> None:
    block = parse_blocks("VGG(1, 8, norm=Batch, pool=None, activation=ReLU)").blocks[0]
    assert block == VGGBlock(1, 8, norm="batch", pool=Pool("none"))


@settings(deadline=None)
@given(block_tuples)
def test_a_written_block_list_reads_back_as_the_same_blocks(blocks: tuple[Block, ...]) -> None:
    parsed = parse_blocks(write_blocks(blocks, "blocks", input_channels=3), notation="blocks")
    assert (parsed.blocks, parsed.notation) == (blocks, "blocks")


@settings(deadline=None)
@given(vgg_tuples, st.sampled_from(sorted(NOTATIONS)), st.integers(1, 1_000_000))
def test_a_written_text_reads_back_as_the_same_blocks_when_they_are_known(
    blocks: tuple[VGGBlock, ...], notation: Notation, channels: int
) -> None:
    text = write_blocks(blocks, notation, input_channels=channels)
    parsed = parse_blocks(text, previous=blocks, notation=notation, input_channels=channels)
    assert parsed.blocks == blocks
    assert parsed.notation == notation


@settings(deadline=None)
@given(vgg_tuples, st.sampled_from(sorted(NOTATIONS)), st.integers(1, 1_000_000))
def test_what_a_notation_can_express_survives_it_alone_and_nothing_else_does(
    blocks: tuple[VGGBlock, ...], notation: Notation, channels: int
) -> None:
    found = outcome(write_blocks(blocks, notation, input_channels=channels), notation)
    survives = isinstance(found, ParsedArch) and found.blocks == blocks
    assert can_express(blocks, notation) == survives


def outcome(text: str, notation: Notation | None = None) -> ParsedArch | ArchTextError:
    try:
        return parse_blocks(text, notation=notation)
    except ArchTextError as error:
        return error


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_gives_blocks_or_a_sentence_with_a_place_inside_it(text: str) -> None:
    found = outcome(text)
    if isinstance(found, ParsedArch):
        assert found.blocks
    else:
        lines = re.split(r"\r\n|\r|\n", text)
        assert str(found).endswith(".")
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= len(lines[found.line - 1]) + 1
        assert found.length >= 1


fragments = st.sampled_from(
    ["(", ")", "[", "]", ",", " ", "1", "64", "-3", "2.5", '"M"', "M", "VGG", "VGG(", "kernel", "=", "pool=", "None",
     "\n", "#", "（", "，", "Pool(", '"', "*", ":"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(fragments, max_size=25).map("".join), st.sampled_from([None, *sorted(NOTATIONS)]))
def test_any_mixture_of_pieces_gives_blocks_or_a_sentence_and_each_repair_changes_the_text(
    text: str, notation: Notation | None
) -> None:
    found = outcome(text, notation)
    if isinstance(found, ArchTextError):
        assert found.fix is None or found.fix.text != text
    else:
        assert 1 <= len(found.blocks) == len(found.spans)


def test_spans_hold_exactly_the_text_of_each_block() -> None:
    for text, expected in {
        "conv_arch = ((1, 64), # one\n (2, 128))": ["(1, 64)", "(2, 128)"],
        '[64, 64, "M", 128, 256, "M"]': ['64, 64, "M"', "128", '256, "M"'],
        '(1, 64), VGG(2, 8, norm="batch")': ["(1, 64)", 'VGG(2, 8, norm="batch")'],
        "1, 64": ["1, 64"],
    }.items():
        assert [text[start:end] for start, end in parse_blocks(text).spans] == expected


def test_the_caret_finds_its_block() -> None:
    parsed = parse_blocks("((1, 64), (2, 128))")
    assert [parsed.block_at(offset) for offset in (0, 1, 8, 9, 10, 18, 19)] == [None, 0, 0, None, 1, 1, None]


def test_tokens_cover_all_that_is_not_blank() -> None:
    text = "((1, 64), # note\n VGG(2, 8, pool='none'))"
    tokens = parse_blocks(text).tokens
    assert "".join(token.text for token in tokens) == "((1,64),# noteVGG(2,8,pool='none'))"
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert {token.kind for token in tokens} >= {"open", "close", "comma", "comment", "string", "equals"}


BATCH = VGGBlock(1, 64, norm="batch")
WIDE = VGGBlock(2, 128, kernel=5, pool=Pool("average"))
MIXED = VGGBlock(3, 256, kernels=(3, 3, 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((1, 64), (2, 128), (3, 256))", (BATCH, WIDE, MIXED)),
        ("((1, 64), (2, 130), (3, 256))", (BATCH, replace(WIDE, out_channels=130), MIXED)),
        ("((2, 128), (3, 256))", (WIDE, MIXED)),
        ("((1, 64), (3, 256))", (BATCH, MIXED)),
        (
            "((1, 64), (1, 96), (2, 128), (3, 256))",
            (BATCH, replace(BATCH, out_channels=96), WIDE, MIXED),
        ),
        ("((1, 32), (1, 64), (2, 128), (3, 256))", (replace(BATCH, out_channels=32), BATCH, WIDE, MIXED)),
        (
            "((1, 64), (2, 128), (3, 256), (3, 512))",
            (BATCH, WIDE, MIXED, replace(MIXED, out_channels=512)),
        ),
        ("((3, 256), (1, 64), (2, 128))", (replace(BATCH, num_convs=3, out_channels=256), BATCH, WIDE)),
        ("((1, 64), (2, 128), (2, 256))", (BATCH, WIDE, VGGBlock(2, 256, kernels=(3, 3)))),
        ("((1, 64), (2, 128), (4, 256))", (BATCH, WIDE, VGGBlock(4, 256, kernels=(3, 3, 1, 1)))),
    ],
)
def test_an_edited_text_of_pairs_keeps_what_it_cannot_say(text: str, expected: tuple[VGGBlock, ...]) -> None:
    assert parse_blocks(text, previous=(BATCH, WIDE, MIXED)).blocks == expected


def test_an_edited_torchvision_list_keeps_norms_and_pool_sizes_but_says_its_pools() -> None:
    before = (replace(BATCH, pool=Pool("max", 3, 2)), WIDE)
    after = parse_blocks('[64, "A", 128, 128]', previous=before).blocks
    assert after == (replace(BATCH, pool=Pool("average", 3, 2)), replace(WIDE, pool=Pool("none")))


def test_blocks_that_run_together_in_a_torchvision_list_stay_apart_while_their_run_is_as_long() -> None:
    apart = (VGGBlock(1, 8), VGGBlock(1, 16, pool=Pool("none")), VGGBlock(2, 16, norm="batch"))
    parsed = parse_blocks('[8, "M", 16, 16, 16, "M", 32]', previous=apart)
    assert parsed.blocks[:3] == apart
    assert [(start, end) for start, end in parsed.spans] == [(1, 7), (9, 11), (13, 24), (26, 28)]
    longer = parse_blocks('[8, "M", 16, 16, 16, 16, "M"]', previous=apart).blocks
    assert [(block.count, block.pool.kind) for block in longer] == [(1, "max"), (4, "max")]


def test_a_block_list_says_everything_so_nothing_is_kept() -> None:
    assert parse_blocks("(1, 64)", previous=(BATCH,), notation="blocks").blocks == (VGGBlock(1, 64),)


def test_a_block_with_a_single_kernel_of_its_own_grows_by_that_kernel() -> None:
    before = VGGBlock(1, 8, kernels=(5,))
    assert parse_blocks("(3, 8)", previous=(before,)).blocks == (VGGBlock(3, 8, kernels=(5, 5, 5)),)


def test_triples_tell_what_they_expect_of_the_input() -> None:
    assert parse_blocks("((1, 1, 64), (1, 64, 128))").input_channels == 1
    assert parse_blocks(VGG11).input_channels is None


def test_a_text_that_leaves_something_out_says_what() -> None:
    assert what_is_lost((VGGBlock(1, 64),), "pairs") == ""
    assert what_is_lost((BATCH, WIDE), "pairs") == (
        "Pairs do not show the normalisation, kernel sizes and pools; the blocks keep theirs, "
        "and the block list writes them."
    )
    assert what_is_lost((VGGBlock(1, 8, pool=Pool("average")),), "torchvision") == ""
    runs_on = (VGGBlock(1, 8, pool=Pool("none")), VGGBlock(2, 8))
    assert what_is_lost(runs_on, "torchvision").startswith("In a torchvision list blocks 1 and 2 run together")
    assert what_is_lost((BATCH, WIDE, MIXED), "blocks") == ""


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        ("pairs", VGG11),
        ("triples", VGG11_TRIPLES),
        ("torchvision", '[64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]'),
        ("blocks", VGG11[1:-1]),
    ],
)
def test_each_notation_is_written_as_its_users_write_it(notation: Notation, text: str) -> None:
    blocks = parse_blocks(VGG11).blocks
    assert write_blocks(blocks, notation, input_channels=3) == text


def test_no_blocks_are_an_empty_text_and_one_block_is_a_tuple_of_one() -> None:
    assert write_blocks((), "triples", input_channels=3) == ""
    assert write_blocks((VGGBlock(1, 64),), "pairs", input_channels=3) == "((1, 64),)"


@pytest.mark.parametrize(
    "text", ["(" * 1_000_000, "1" * 1_000_000, "((1, 64)," * 111_111, "(1, 64), " * 5_500, "1," * 30_000, "," * 60_000]
)
def test_a_huge_text_is_answered_at_once(text: str) -> None:
    start = time.process_time()
    with pytest.raises(ArchTextError):
        parse_blocks(text)
    assert time.process_time() - start < 2  # a tenth of that alone; what grows with the square takes minutes
