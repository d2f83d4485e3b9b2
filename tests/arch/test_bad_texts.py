"""Every text that is not a conv_arch gets a sentence with its place, and a repair where one is obvious."""

from __future__ import annotations

import pytest

from explorer.arch.conv_arch import parse_blocks
from explorer.errors import ArchTextError

# text, part of the sentence, line, column, the text after the repair (None: no repair is obvious)
BAD_TEXTS = [
    ("", "There is no block here", 1, 1, None),
    (" \n ", "There is no block here", 1, 1, None),
    ("# only a note", "There is no block here", 1, 1, None),
    ("()", "There is no block here", 1, 1, None),
    ("conv_arch =", "There is no block here", 1, 1, None),
    ("((1, 64), ())", "Block 2 is empty: write it as (num_convs, channels)", 1, 11, None),
    ("((1, 64), (2, 64.5))", "A channel count is a whole number, and this is 64.5.", 1, 15, "((1, 64), (2, 64))"),
    ("((1.0, 64),)", "A number of convolutions is a whole number, and this is 1.0.", 1, 3, "((1, 64),)"),
    ("((1, 1e3),)", "A channel count is a whole number, and this is 1e3.", 1, 6, "((1, 1000),)"),
    ("((1, 2**3),)", "A channel count is one plain number, and this is 2**3.", 1, 6, "((1, 8),)"),
    ("((1, 64 * 2),)", "A channel count is one plain number, and this is 64 * 2.", 1, 6, "((1, 128),)"),
    ("((1, 64//8),)", "A channel count is one plain number, and this is 64//8.", 1, 6, "((1, 8),)"),
    ("((1, 2^40),)", "A channel count is one plain number, and this is 2^40.", 1, 6, None),
    ("((1, 2**999999),)", "A channel count is one plain number, and this is 2**999999.", 1, 6, None),
    ("((1, 8/0),)", "A channel count is one plain number, and this is 8/0.", 1, 6, None),
    ("((1, 1099511627776),)", "A channel count is at most 1,000,000, and this is 1,099,511,627,776.", 1, 6, None),
    ("((1, " + "9" * 400 + "),)", "and this is a number of 400 digits.", 1, 6, None),
    ("((1, -64),)", "A channel count is at least 1, and this is −64.", 1, 6, "((1, 64),)"),
    ("((1, −64),)", "A channel count is at least 1, and this is −64.", 1, 6, "((1, 64),)"),
    ("((1, +64),)", "A channel count is one plain number, and this is +64.", 1, 6, "((1, 64),)"),
    ("((0, 64),)", "A number of convolutions is at least 1, and this is 0.", 1, 3, None),
    ("((65, 64),)", "A number of convolutions is at most 64, and this is 65.", 1, 3, None),
    ("((1, 0),)", "A channel count is at least 1, and this is 0.", 1, 6, None),
    ('((1, "64"),)', 'A channel count is a whole number, and this is "64".', 1, 6, "((1, 64),)"),
    ("((1, None),)", "A channel count is a whole number, and this is None.", 1, 6, None),
    ("(1, None)", "A channel count is a whole number, and this is None.", 1, 5, None),
    ("((True, 64),)", "A number of convolutions is a whole number, and this is True.", 1, 3, None),
    ("((1, x),)", "A channel count is a whole number, and this is x.", 1, 6, None),
    ("((1, 0x40),)", "A channel count is a whole number, and this is 0x40.", 1, 6, None),
    ("((1, 64k),)", "A channel count is a whole number, and this is 64k.", 1, 6, None),
    ("((1, (64)), (2, 64))", "A channel count is a whole number, and this is a bracket.", 1, 6, None),
    (
        "((1, 64, 128, 256), (1, 2))",
        "Block 1 has 4 figures, and (num_convs, channels) has 2.",
        1,
        10,
        "((1, 64), (1, 2))",
    ),
    ("((1,), (2, 64))", "Block 1 has 1 figure, and (num_convs, channels) has 2.", 1, 2, None),
    ("((1, 64), 128)", "A block is written in brackets, (num_convs, channels), and this is 128.", 1, 11, None),
    ("64", "A block is written in brackets", 1, 1, None),
    ("1, 64, 1, 128", "A block is written in brackets", 1, 1, None),
    ("vgg", "and this is vgg.", 1, 1, None),
    # Triples
    (
        "((1, 3, 64), (1, 64, 64), (2, 128, 256))",
        "Block 3 expects 128 channels in, and block 2 gives 64.",
        1,
        31,
        "((1, 3, 64), (1, 64, 64), (2, 64, 256))",
    ),
    ("((1, 3, 64), (1, 0, 64))", "A channel count is at least 1, and this is 0.", 1, 18, None),
    (
        "((1, 3, 64), (1, 3, 64), (1, 64))",
        "Block 2 expects 3 channels in, and block 1 gives 64.",
        1,
        18,
        "((1, 3, 64), (1, 64, 64), (1, 64))",
    ),
    # torchvision's list
    ('[64, "M", 128, "X"]', 'holds channel counts and "M" (max pool)', 1, 16, None),
    ('["M", 64]', "A pool stands at the beginning, and a block begins with a convolution.", 1, 2, "[64]"),
    ('[64, "M", "M", 128]', "A pool stands after another pool", 1, 11, '[64, "M", 128]'),
    ('[64.5, "M"]', "A channel count is a whole number, and this is 64.5.", 1, 2, '[64, "M"]'),
    ('["64", "M"]', 'and this is "64".', 1, 2, '[64, "M"]'),
    ('[64, None, "M"]', "and this is None.", 1, 6, None),
    ('[64, "M", [128], "M"]', "and this is a bracket.", 1, 11, None),
    ("[" + "64, " * 65 + "]", "A block has at most 64 convolutions of one width", 1, 258, None),
    # The block list
    ("VGG(2)", "VGG needs channels: write VGG(num_convs, channels).", 1, 1, None),
    ("VGG()", "VGG needs num_convs and channels: write", 1, 1, None),
    (
        "Vggg(2, 64)",
        "Vggg is not a block that is known here; write VGG, Conv",
        1,
        1,
        "VGG(2, 64)",
    ),
    ("Conv2d(2, 64)", "Conv2d is not a block that is known here; write VGG, Conv, Inception or Residual.", 1, 1, None),
    ("VGG(2, 64, kernal=3)", "VGG has no setting kernal; it has num_convs", 1, 12, "VGG(2, 64, kernel=3)"),
    (
        "VGG(2, 64, kernel=4)",
        "A kernel size is odd, so that it has a middle, and this is 4.",
        1,
        19,
        "VGG(2, 64, kernel=3)",
    ),
    ("VGG(2, 64, kernels=3)", "Kernels are one size per convolution, as in kernels=(3, 3, 1).", 1, 20, None),
    ("VGG(2, 64, kernels=(3, 3, 3))", "3 kernel sizes are given for 2 convolutions; each has one.", 1, 20, None),
    ('VGG(2, 64, norm="bach")', "Normalisation is none, batch or lrn, and this is", 1, 17, 'VGG(2, 64, norm="batch")'),
    ("VGG(2, 64, norm=5)", "Normalisation is none, batch or lrn, and this is 5.", 1, 17, None),
    ("VGG(2, 64, pool=Pool())", "Pool needs kind: write Pool(kind", 1, 17, None),
    ('VGG(2, 64, pool=Pool("max", ceil_mode=7))', "Rounding up is True or False, and this is 7.", 1, 39, None),
    ("VGG(2, 64, pool=VGG(1, 2))", "VGG is not a pool that is known here; write Pool.", 1, 17, None),
    ("VGG(2, 64, num_convs=3)", "num_convs is given twice.", 1, 12, None),
    ("VGG(kernel=3, 2, 64)", "A value without a name stands before those with one.", 1, 15, None),
    ("VGG(norm=)", "norm has no value.", 1, 5, None),
    ("VGG(2, 64, norm=, kernel=3)", "norm has no value.", 1, 12, None),
    ("((1, 64), kernel=3)", "kernel = belongs inside a block such as VGG(2, 64, kernel=...).", 1, 11, None),
    ("VGG(2, 64), 128", "A block is written as (num_convs, channels) or VGG(num_convs, channels)", 1, 13, None),
    ("VGG(1, 2, 3, (), same, none, relu, max, 9)", "VGG takes at most 8 values", 1, 41, None),
    # The block list: convolutions, Inception blocks, residual stages
    ("Conv()", "Conv needs channels: write Conv(channels, kernel, stride).", 1, 1, None),
    ("Convv(64, 7)", "Convv is not a block that is known here", 1, 1, "Conv(64, 7)"),
    ("Conv(64, 32)", "A kernel size is at most 31, and this is 32.", 1, 10, None),
    ("Conv(64, 7, 2, 3, 1, 1, True, none, 0.1, relu, max, Lrn(), 5)", "Conv takes at most 12 values.", 1, 60, None),
    ("Conv(64, strid=2)", "Conv has no setting strid; it has channels", 1, 10, "Conv(64, stride=2)"),
    ("Conv(64, 2, stride=2)", "Padding that keeps the map needs an odd kernel", 1, 1, None),
    ("Conv(64, padding=valid)", "Padding is a whole number, and this is valid.", 1, 18, None),
    ("Conv(64, groups=3)", "64 channels cannot be parted into 3 groups.", 1, 17, None),
    ("Conv(64, bias=no)", "A bias is True or False, and this is no.", 1, 15, None),
    ('Conv(64, norm="bn", norm_eps=2)', "Normalisation is none, batch or lrn, and this is", 1, 15, None),
    ("Conv(64, lrn=5)", "The constants are written as Lrn(5, 0.0005, 0.75, 2.0).", 1, 14, None),
    ("Conv(64, lrn=Lrn(5, 0))", "The norm's alpha is a number above 0 and at most 1000, and this is 0.", 1, 21, None),
    ("Conv(64, lrn=Lrn(0))", "A number of neighbouring channels is at least 1, and this is 0.", 1, 18, None),
    ("Conv(64, norm_eps=2)", "The norm's epsilon is a number above 0 and below 1, and this is 2.", 1, 19, None),
    ('Conv(64, pool=Pool("max", 3, 2, padding=2))', "A pool's padding is at most half its window, 1", 1, 15, None),
    ('Conv(64, pool=Pool("mx", 3))', "A pool is max, average or none", 1, 20, 'Conv(64, pool=Pool("max", 3))'),
    ("Inception()", "A number of paths is at least 1, and this is 0.", 1, 1, None),
    ("Inceptoin(64)", "Inceptoin is not a block that is known here", 1, 1, "Inception(64)"),
    ("Inception(64, (96, 128, 3))", "A path with a reduction is written (reduced, channels)", 1, 15, None),
    ("Inception(64, (96, 0))", "A channel count is at least 1, and this is 0.", 1, 20, None),
    (
        "Inception(64, five_kernel=4)",
        "A kernel size is odd, so that it has a middle, and this is 4.",
        1,
        27,
        "Inception(64, five_kernel=3)",
    ),
    ('Inception(64, norm="lrn")', "Normalisation is none or batch, and this is", 1, 20, None),
    ("Inception(paths=64)", "Paths are a list, as in paths=((", 1, 17, None),
    ('Inception(paths=(("conv"),))', "A path is written (kind, channels, kernel, reduced)", 1, 18, None),
    ('Inception(paths=(("cov", 64),))', "A path is conv, max or average", 1, 19, 'Inception(paths=(("conv", 64),))'),
    ('Inception(paths=(("conv", 0, 1),))', "A channel count is at least 1, and this is 0.", 1, 17, None),
    ('Inception(paths=(("max", 8, 3, 4),))', "Only a convolution's path has a reduction before it.", 1, 17, None),
    ("Residual(2)", "Residual needs channels: write Residual(num_units, channels).", 1, 1, None),
    ("Residul(2, 64)", "Residul is not a block that is known here", 1, 1, "Residual(2, 64)"),
    ("Residual(65, 64)", "A number of residual units is at most 64, and this is 65.", 1, 10, None),
    (
        'Residual(2, 64, unit="botleneck")',
        "A residual unit is basic or bottleneck",
        1,
        22,
        'Residual(2, 64, unit="bottleneck")',
    ),
    ('Residual(2, 66, unit="bottleneck")', "A bottleneck's channels divide by 4, and these are 66.", 1, 1, None),
    ("Residual(2, 64, shortcut_norm=2)", "The shortcut's norm is True or False, and this is 2.", 1, 31, None),
    ('Residual(2, 64, order="both")', "The order is post or pre, and this is", 1, 23, None),
    ('Residual(2, 64, shortcut="none")', "A shortcut is auto or always, and this is", 1, 26, None),
    # Brackets, commas, quotes
    ("((1, 64), (2, 128)", "This bracket is never closed.", 1, 1, "((1, 64), (2, 128))"),
    ("((1, 64), (2, 128  # wide", "This bracket is never closed.", 1, 11, "((1, 64), (2, 128))  # wide"),
    ("VGG(2, 64", "This bracket is never closed.", 1, 4, "VGG(2, 64)"),
    ("((1, 64, (2, 128))", "This bracket is not closed before the next (.", 1, 2, "((1, 64), (2, 128))"),
    ("(1, 64))", "This bracket closes nothing.", 1, 8, "(1, 64)"),
    ("((1, 64], (2, 128))", "The bracket was opened with (, so it closes with ), not ].", 1, 8, "((1, 64), (2, 128))"),
    ("{(1, 64)}", "Blocks stand in order", 1, 1, None),
    ("((1 64), (2, 128))", "A comma is missing before this 64.", 1, 5, "((1, 64), (2, 128))"),
    ("((1, 64)\n (2, 128))", "A comma is missing before this (.", 2, 2, "((1, 64),\n (2, 128))"),
    ("((1, 64) VGG(2, 128))", "A comma is missing before this VGG.", 1, 10, "((1, 64), VGG(2, 128))"),
    ("((1, 64),, (2, 128))", "Nothing stands before this comma.", 1, 10, "((1, 64), (2, 128))"),
    ("((, 64))", "Nothing stands before this comma.", 1, 3, "(( 64))"),
    ("((1; 64))", "parted by commas, and this is a semicolon.", 1, 4, "((1, 64))"),
    ('[64, "M, 128]', "This quote is never closed.", 1, 6, '[64, "M", 128]'),
    ("((1, 64), (2, 128)) ?", "The character ? has no place in a conv_arch.", 1, 21, None),
    ("((1, 64), (2, \x00))", "The character U+0000 has no place in a conv_arch.", 1, 15, None),
    ("=5", "Nothing can be set with = here.", 1, 1, None),
    ("(" * 10_000, "nests its brackets at most 8 deep", 1, 9, None),
    ("[" * 5_000 + "]" * 5_000, "nests its brackets at most 8 deep", 1, 9, None),
    ("x" * 60_001, "has at most 60,000 characters, and this text has 60,001.", 1, 1, None),
    ("(1, 64), " * 129, "A network has at most 128 blocks, and this is one more.", 1, 1153, None),
    # Places: lines, tabs, full-width punctuation, invisible characters
    ("((1, 64),\n (2, 0))", "A channel count is at least 1", 2, 6, None),
    ("((1, 64),\r\n (2, 0))", "A channel count is at least 1", 2, 6, None),
    ("((1, 64),\r (2, 0))", "A channel count is at least 1", 2, 6, None),
    ("((1, 64),\n\n\t(2,\t0))", "A channel count is at least 1", 3, 6, None),
    ("（（1，64），（2，0））", "A channel count is at least 1", 1, 12, None),
    ("\ufeff((1, 0))", "A channel count is at least 1", 1, 7, None),
    ("((1,\u200b0))", "A channel count is at least 1", 1, 6, None),
    ("import os", "A comma is missing before this os.", 1, 8, "import, os"),
    (
        "__import__('os')",
        "__import__ is not a block that is known here; write VGG, ",
        1,
        1,
        None,
    ),
]


@pytest.mark.parametrize(("text", "sentence", "line", "column", "mended"), BAD_TEXTS, ids=range(len(BAD_TEXTS)))
def test_a_bad_text_is_answered_by_a_sentence_with_its_place(
    text: str, sentence: str, line: int, column: int, mended: str | None
) -> None:
    with pytest.raises(ArchTextError) as caught:
        parse_blocks(text)
    error = caught.value
    assert sentence in str(error)
    assert str(error).endswith(".")
    assert (error.line, error.column) == (line, column)
    assert (error.fix.text if error.fix else None) == mended


def test_the_first_triple_must_take_what_the_input_gives() -> None:
    with pytest.raises(ArchTextError) as caught:
        parse_blocks("((1, 3, 64), (1, 64, 128))", input_channels=1)
    assert str(caught.value) == "Block 1 expects 3 channels in, and the input has 1."
    assert caught.value.fix is not None
    assert (caught.value.fix.label, caught.value.fix.text) == ("Use 1", "((1, 1, 64), (1, 64, 128))")


def test_the_place_covers_all_of_what_is_wrong() -> None:
    with pytest.raises(ArchTextError) as caught:
        parse_blocks("((1, 64), (2, 64.5))")
    assert caught.value.length == 4


def test_a_place_over_several_lines_ends_with_its_first_line() -> None:
    with pytest.raises(ArchTextError) as caught:
        parse_blocks("((1, 64), (2,\n 3, 4,\n 5))")
    assert (caught.value.line, caught.value.column, caught.value.length) == (2, 5, 2)
