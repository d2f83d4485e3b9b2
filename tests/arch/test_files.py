"""The .arch.json format: what is written is read back, and what is wrong is named by file and field."""

from __future__ import annotations

import json
import os
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from explorer.arch import limits
from explorer.arch.blocks import BLOCKS, ConvBlock, InceptionBlock, ResidualStage, VGGBlock
from explorer.arch.blocks import Path as Way
from explorer.arch.blocks.inception import PATH_KINDS
from explorer.arch.blocks.parts import NORMS, POOL_KINDS
from explorer.arch.blocks.residual import NARROWING, ORDERS, SHORTCUTS, UNIT_KINDS
from explorer.arch.blocks.vgg import PADDINGS
from explorer.arch.files import (
    MAX_FILE_BYTES,
    read_spec,
    spec_from_json,
    spec_from_text,
    spec_to_json,
    spec_to_text,
    write_spec,
)
from explorer.arch.ops import ACTIVATIONS
from explorer.arch.presets import PRESETS, find_preset
from explorer.arch.spec import HEAD_POOLS, Head, InputShape, NetworkSpec
from explorer.errors import FileError, SpecError
from explorer.resources import resource_path
from tests.arch.strategies import specs

SCHEMA: dict[str, Any] = json.loads(resource_path("schemas", "arch-1.schema.json").read_text("utf-8"))
GOOD = spec_to_json(find_preset("vgg16-c").spec)
MIXED = spec_to_json(
    NetworkSpec(
        InputShape(3, 64, 64),
        (
            VGGBlock(1, 8),
            ConvBlock(8, 4, 1, groups=2),
            InceptionBlock((Way("conv", 8, 3, 4), Way("max", 4))),
            ResidualStage(2, 16, "bottleneck"),
        ),
        Head(hidden=()),
        name="one of each kind",
    )
)
DELETE = object()


def changed(path: str, value: Any, good: dict[str, Any] = GOOD) -> dict[str, Any]:
    """`good` with the field at `path` (as in `blocks.2.kernel`) replaced, added or, by DELETE, removed."""
    data = deepcopy(good)
    *way, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    at: Any = data
    for step in way:
        at = at[step]
    if value is DELETE:
        del at[last]
    else:
        at[last] = value
    return data


@settings(deadline=None)
@given(specs)
def test_a_written_network_is_read_back_and_fits_the_schema(spec: NetworkSpec) -> None:
    assert spec_from_text(spec_to_text(spec), "x.arch.json") == spec
    jsonschema.validate(spec_to_json(spec), SCHEMA, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_its_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.arch.json"
    write_spec(path, PRESETS[name].spec)
    assert read_spec(path) == PRESETS[name].spec
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_the_schema_is_a_schema_and_knows_the_limits_and_choices_of_the_program() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    top, vgg = SCHEMA["properties"], SCHEMA["$defs"]["vgg"]["properties"]
    head, pool = top["head"]["properties"], SCHEMA["$defs"]["pool"]["properties"]
    assert [reference["$ref"] for reference in top["blocks"]["items"]["oneOf"]] == [
        f"#/$defs/{name}" for name in BLOCKS
    ]
    assert top["input"]["properties"]["channels"]["maximum"] == limits.MAX_CHANNELS
    assert top["input"]["properties"]["height"]["maximum"] == limits.MAX_SIDE
    assert top["input"]["properties"]["width"]["maximum"] == limits.MAX_SIDE
    assert top["blocks"]["maxItems"] == limits.MAX_BLOCKS
    assert top["num_classes"]["maximum"] == limits.MAX_CLASSES
    assert head["hidden"]["maxItems"] == limits.MAX_HIDDEN_LAYERS
    assert head["hidden"]["items"]["maximum"] == limits.MAX_HIDDEN
    assert head["pool"]["enum"] == list(HEAD_POOLS)
    assert head["activation"]["enum"] == vgg["activation"]["enum"] == list(ACTIVATIONS)
    assert vgg["num_convs"]["maximum"] == vgg["kernels"]["maxItems"] == limits.MAX_CONVS
    assert vgg["out_channels"]["maximum"] == limits.MAX_CHANNELS
    assert vgg["kernel"]["enum"] == vgg["kernels"]["items"]["enum"] == list(range(1, limits.MAX_KERNEL + 1, 2))
    assert vgg["padding"]["enum"] == list(PADDINGS)
    assert vgg["norm"]["enum"] == list(NORMS)
    assert pool["kind"]["enum"] == list(POOL_KINDS)
    assert pool["kernel"]["maximum"] == pool["stride"]["maximum"] == pool["padding"]["maximum"] == limits.MAX_POOL


def test_the_schema_knows_the_limits_and_choices_of_the_other_kinds_of_block() -> None:
    conv, inception, residual, path = (
        SCHEMA["$defs"][kind]["properties"] for kind in ("conv", "inception", "residual", "path")
    )
    for block in (conv, inception, residual):
        assert block["activation"]["enum"] == list(ACTIVATIONS)
        assert block["pool"] == {"$ref": "#/$defs/pool"}
    assert conv["out_channels"]["maximum"] == residual["out_channels"]["maximum"] == limits.MAX_CHANNELS
    assert conv["kernel"]["maximum"] == conv["padding"]["oneOf"][1]["maximum"] == limits.MAX_KERNEL
    assert conv["stride"]["maximum"] == residual["stride"]["maximum"] == limits.MAX_STRIDE
    assert conv["dilation"]["maximum"] == limits.MAX_DILATION
    assert conv["groups"]["maximum"] == limits.MAX_CHANNELS
    assert conv["norm"]["enum"] == list(NORMS)
    constants = SCHEMA["$defs"]["lrn"]["properties"]
    assert {constants[name]["maximum"] for name in ("size", "alpha", "beta", "k")} == {limits.MAX_LRN}
    assert inception["paths"]["maxItems"] == limits.MAX_PATHS
    assert path["kind"]["enum"] == list(PATH_KINDS)
    assert path["kernel"]["enum"] == list(range(1, limits.MAX_KERNEL + 1, 2))
    assert path["out_channels"]["maximum"] == path["reduce"]["maximum"] == limits.MAX_CHANNELS
    assert residual["num_units"]["maximum"] == limits.MAX_UNITS
    assert residual["unit"]["enum"] == list(UNIT_KINDS)
    assert residual["shortcut"]["enum"] == list(SHORTCUTS)
    assert residual["order"]["enum"] == list(ORDERS)
    assert SCHEMA["$defs"]["residual"]["then"]["properties"]["out_channels"]["multipleOf"] == NARROWING


def test_nothing_is_left_out_of_a_file_even_where_it_equals_the_default() -> None:
    for kind, block in zip(BLOCKS, MIXED["blocks"], strict=True):
        assert list(block) == SCHEMA["$defs"][kind]["required"]
    assert list(MIXED["head"]) == SCHEMA["properties"]["head"]["required"]
    assert MIXED["blocks"][0]["pool"] == {"kind": "max", "kernel": 2, "stride": 2, "ceil_mode": False, "padding": 0}
    assert MIXED["blocks"][2]["paths"][0] == {"kind": "conv", "out_channels": 8, "kernel": 3, "reduce": 4}


# field, its value, the path in the message, part of the sentence
BAD_FIELDS: list[tuple[str, Any, str, str]] = [
    ("format", DELETE, "format", 'the field "format" says "conv-arch-explorer/arch" there, and this has none.'),
    ("format", "keras", "format", "and this says 'keras'."),
    ("version", DELETE, "version", "The version is a whole number from 1, and it is missing."),
    ("version", "1", "version", "and this is '1'."),
    ("version", 0, "version", "and this is 0."),
    ("version", True, "version", "and this is True."),
    ("version", 2, "version", "written by a newer Conv-Arch Explorer (format 2; this one reads 1)"),
    ("colour", "red", "colour", "The field 'colour' is not known here; the file has format, version"),
    ("num_clases", 5, "num_clases", "is num_classes meant?"),
    ("name", DELETE, "name", "The field name is missing."),
    ("name", 5, "name", "A name is a text in quotes, and this is 5."),
    ("name", "", "name", "A network's name has 1 to 120 characters."),
    ("name", "x" * 121, "name", "A network's name has 1 to 120 characters."),
    ("num_classes", 0, "num_classes", "A number of classes is at least 1, and this is 0."),
    ("num_classes", 10.5, "num_classes", "A number of classes is a whole number, and this is 10.5."),
    ("num_classes", None, "num_classes", "and this is None."),
    ("input", [3, 224, 224], "input", "The input is an object in { }, and this is a list."),
    ("input.height", DELETE, "input.height", "The field height is missing."),
    ("input.height", 65_537, "input.height", "An input height is at most 65,536, and this is 65,537."),
    ("input.channels", -3, "input.channels", "A number of input channels is at least 1, and this is -3."),
    ("input.depth", 3, "input.depth", "The field 'depth' is not known here; the input has channels, height, width."),
    ("blocks", DELETE, "blocks", "The field blocks is missing."),
    ("blocks", {}, "blocks", "This field is a list in [ ], and this is an object."),
    ("blocks", [GOOD["blocks"][0]] * 129, "blocks", "A network has at most 128 blocks, and this has 129."),
    ("blocks.2", 7, "blocks[2]", "A block is an object in { }, and this is 7."),
    ("blocks.2.kind", DELETE, "blocks[2].kind", "The field kind is missing."),
    (
        "blocks.2.kind",
        "dense",
        "blocks[2].kind",
        "The kind of a block is vgg, conv, inception or residual, and this is 'dense'.",
    ),
    (
        "blocks.2.kind",
        "residual",
        "blocks[2].num_convs",
        "is not known here; a block has num_units, out_",
    ),
    ("blocks.2.kind", ["vgg"], "blocks[2].kind", "and this is a list."),
    ("blocks.2.out_channels", 2_000_000, "blocks[2].out_channels", "A channel count is at most 1,000,000"),
    ("blocks.2.out_channels", 64.5, "blocks[2].out_channels", "A channel count is a whole number, and this is 64.5."),
    ("blocks.2.out_channels", "64", "blocks[2].out_channels", "and this is '64'."),
    ("blocks.2.out_channels", True, "blocks[2].out_channels", "and this is True."),
    ("blocks.2.num_convs", 65, "blocks[2].num_convs", "A number of convolutions is at most 64, and this is 65."),
    ("blocks.2.kernel", 4, "blocks[2].kernel", "A kernel size is odd, so that it has a middle, and this is 4."),
    ("blocks.2.kernels", 3, "blocks[2].kernels", "This field is a list in [ ], and this is 3."),
    ("blocks.2.kernels", [3, 3, 2], "blocks[2].kernels[2]", "A kernel size is odd"),
    ("blocks.2.kernels", [3, [3], 1], "blocks[2].kernels[1]", "A kernel size is a whole number, and this is [3]."),
    ("blocks.2.padding", "valid", "blocks[2].padding", "Padding is same or none, and this is 'valid'."),
    ("blocks.2.norm", None, "blocks[2].norm", "Normalisation is none, batch or lrn, and this is None."),
    ("blocks.2.activation", "RELU", "blocks[2].activation", "and this is 'RELU'."),
    ("blocks.2.pool", "max", "blocks[2].pool", "A pool is an object in { }, and this is 'max'."),
    ("blocks.2.pool.kind", "min", "blocks[2].pool.kind", "A pool is max, average or none, and this is 'min'."),
    ("blocks.2.pool.kernel", 0, "blocks[2].pool.kernel", "A pool window is at least 1, and this is 0."),
    ("blocks.2.pool.stride", 1025, "blocks[2].pool.stride", "A pool step is at most 1,024, and this is 1,025."),
    ("blocks.2.pool.ceil_mode", 1, "blocks[2].pool.ceil_mode", "Rounding up is either true or false."),
    ("blocks.2.poool", 1, "blocks[2].poool", "is pool meant?"),
    ("head", None, "head", "The head is an object in { }, and this is null."),
    ("head.hidden", [4096, 0], "head.hidden[1]", "A hidden width is at least 1, and this is 0."),
    ("head.hidden", [1] * 17, "head.hidden", "A head has at most 16 hidden layers, and this has 17."),
    ("head.dropout", 1, "head.dropout", "Dropout is a number from 0 up to but not 1, and this is 1.0."),
    ("head.dropout", -0.1, "head.dropout", "Dropout is a number from 0 up to but not 1"),
    ("head.dropout", "0.5", "head.dropout", "and this is '0.5'."),
    ("head.pool", "gap", "head.pool", "The head's pooling is none, adaptive or global_average, and this is 'gap'."),
]


# the same for MIXED: a convolution, an Inception block and a residual stage after a VGG block
BAD_FIELDS_OF_OTHER_KINDS: list[tuple[str, Any, str, str]] = [
    ("head.dropout_first", DELETE, "head.dropout_first", "The field dropout_first is missing."),
    ("head.dropout_first", 1, "head.dropout_first", "Dropout first is either true or false."),
    ("blocks.0.pool.padding", DELETE, "blocks[0].pool.padding", "The field padding is missing."),
    ("blocks.0.pool.padding", 1025, "blocks[0].pool.padding", "A pool's padding is at most 1,024, and this is 1,025."),
    ("blocks.1.kernal", 3, "blocks[1].kernal", "is kernel meant?"),
    ("blocks.1.kernel", 32, "blocks[1].kernel", "A kernel size is at most 31, and this is 32."),
    ("blocks.1.stride", 0, "blocks[1].stride", "A step is at least 1, and this is 0."),
    ("blocks.1.padding", "none", "blocks[1].padding", "Padding is a whole number, and this is 'none'."),
    ("blocks.1.padding", -1, "blocks[1].padding", "Padding is at least 0, and this is -1."),
    ("blocks.1.dilation", 65, "blocks[1].dilation", "A dilation is at most 64, and this is 65."),
    ("blocks.1.groups", 0, "blocks[1].groups", "A number of groups is at least 1, and this is 0."),
    ("blocks.1.bias", "yes", "blocks[1].bias", "A bias is either true or false."),
    ("blocks.1.norm_eps", 0, "blocks[1].norm_eps", "The norm's epsilon is a number above 0 and below 1, and this is 0"),
    ("blocks.1.norm_eps", DELETE, "blocks[1].norm_eps", "The field norm_eps is missing."),
    ("blocks.1.lrn", 5, "blocks[1].lrn", "Local response normalisation is an object in { }, and this is 5."),
    ("blocks.1.lrn.beta", DELETE, "blocks[1].lrn.beta", "The field beta is missing."),
    ("blocks.1.lrn.alpha", 0, "blocks[1].lrn.alpha", "The norm's alpha is a number above 0 and at most 1000"),
    ("blocks.1.lrn.size", 0, "blocks[1].lrn.size", "A number of neighbouring channels is at least 1, and this is 0."),
    ("blocks.2.paths", {}, "blocks[2].paths", "This field is a list in [ ], and this is an object."),
    ("blocks.2.paths", [], "blocks[2].paths", "A number of paths is at least 1, and this is 0."),
    ("blocks.2.paths", [MIXED["blocks"][2]["paths"][0]] * 17, "blocks[2].paths", "A number of paths is at most 16"),
    ("blocks.2.paths.1", 32, "blocks[2].paths[1]", "A path is an object in { }, and this is 32."),
    ("blocks.2.paths.1.kind", "min", "blocks[2].paths[1].kind", "A path is conv, max or average, and this is 'min'."),
    ("blocks.2.paths.1.reduce", DELETE, "blocks[2].paths[1].reduce", "The field reduce is missing."),
    ("blocks.2.paths.1.reduce", 4, "blocks[2].paths[1].reduce", "Only a convolution's path has a reduction before it."),
    ("blocks.2.paths.0.out_channels", 0, "blocks[2].paths[0].out_channels", "A channel count is at least 1"),
    ("blocks.2.paths.0.kernel", 4, "blocks[2].paths[0].kernel", "so that all maps stay the same, and this is 4."),
    ("blocks.2.paths.0.stride", 2, "blocks[2].paths[0].stride", "a path has kind, out_channels, kernel, reduce."),
    ("blocks.2.norm", "lrn", "blocks[2].norm", "Normalisation is none or batch, and this is 'lrn'."),
    ("blocks.2.out_channels", 256, "blocks[2].out_channels", "The field 'out_channels' is not known here"),
    ("blocks.3.num_units", 65, "blocks[3].num_units", "A number of residual units is at most 64, and this is 65."),
    ("blocks.3.out_channels", 18, "blocks[3].out_channels", "A bottleneck's channels divide by 4, and these are 18."),
    ("blocks.3.unit", "wide", "blocks[3].unit", "A residual unit is basic or bottleneck, and this is 'wide'."),
    ("blocks.3.shortcut", "none", "blocks[3].shortcut", "A shortcut is auto or always, and this is 'none'."),
    ("blocks.3.shortcut_norm", 0, "blocks[3].shortcut_norm", "The shortcut's norm is either true or false."),
    ("blocks.3.order", "before", "blocks[3].order", "The order is post or pre, and this is 'before'."),
    ("blocks.3.stride", 1.5, "blocks[3].stride", "A step is a whole number, and this is 1.5."),
]
BAD_ROWS = [(GOOD, *row) for row in BAD_FIELDS] + [(MIXED, *row) for row in BAD_FIELDS_OF_OTHER_KINDS]


@pytest.mark.parametrize(("good", "field", "value", "path", "sentence"), BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_a_bad_field_is_named_by_its_path_and_refused_by_the_schema_too(
    good: dict[str, Any], field: str, value: Any, path: str, sentence: str, tmp_path: Path
) -> None:
    data = changed(field, value, good)
    with pytest.raises(SpecError) as caught:
        spec_from_json(data)
    assert caught.value.path == path
    assert sentence in str(caught.value)
    file = tmp_path / "bad.arch.json"
    file.write_text(json.dumps(data), "utf-8")
    with pytest.raises(FileError) as named:
        read_spec(file)
    assert str(named.value) == f"bad.arch.json, {path}: {caught.value}"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, SCHEMA, jsonschema.Draft202012Validator)


# what a schema cannot say in a few words: a field that another one rules
RULED_BY_OTHERS: list[tuple[str, Any, str, str]] = [
    ("blocks.0.pool.padding", 2, "blocks[0].pool.padding", "A pool's padding is at most half its window, 1, and this"),
    ("blocks.1.groups", 3, "blocks[1].groups", "8 channels cannot be parted into 3 groups."),
    ("blocks.1.stride", 2, "blocks[1].padding", "needs an odd kernel where the step is above 1; give it in pixels."),
]


@pytest.mark.parametrize(("field", "value", "path", "sentence"), RULED_BY_OTHERS)
def test_a_field_that_contradicts_another_is_named_by_its_path(
    field: str, value: Any, path: str, sentence: str
) -> None:
    with pytest.raises(SpecError) as caught:
        spec_from_json(changed(field, value, MIXED))
    assert caught.value.path == path
    assert sentence in str(caught.value)


TEXT = spec_to_text(find_preset("vgg11").spec)
BAD_CONTENTS: list[tuple[bytes, str]] = [
    (b"", "x.arch.json is empty."),
    (b" \r\n\t", "x.arch.json is empty."),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "x.arch.json is not a text file: byte 0 is not UTF-8."),
    ("{}".encode("utf-16"), "x.arch.json is not a text file"),
    (b"hello", "x.arch.json is not JSON: line 1, column 1: expecting value."),
    (b'{\n "format": }', "x.arch.json is not JSON: line 2, column 12: expecting value."),
    (TEXT[:-40].encode(), "x.arch.json is not JSON: line"),
    (TEXT.encode() + b"x", "extra data."),
    (b"[]", "x.arch.json: A network's file holds one JSON object in { }, and this holds something else."),
    (b"null", "holds something else."),
    (b"5", "holds something else."),
    (TEXT.replace("0.5", "NaN").encode(), "NaN is not a number that a network can have."),
    (TEXT.replace("0.5", "-Infinity").encode(), "-Infinity is not a number that a network can have."),
    (TEXT.replace("0.5", "1e999").encode(), "x.arch.json, head.dropout: Dropout is a number from 0"),
    (TEXT.replace("1000", "9" * 10_000).encode(), "x.arch.json, num_classes: A number of classes is at most 1,000,000"),
    (TEXT.replace("1000", "-" + "9" * 10_000).encode(), "x.arch.json, num_classes: A number of classes is at least 1"),
    (TEXT.replace('"height": 224', '"height": 224, "height": 32').encode(), "'height' is written twice in one object."),
    (TEXT.replace('"vgg11"', '"a\\ud800b"').encode(), "x.arch.json, name: A name has printable characters only."),
    (TEXT.replace('"vgg11"', '"a\\nb"').encode(), "x.arch.json, name: A name has printable characters only."),
    (TEXT.replace('"vgg11"', '"\\u00a0"').encode(), "x.arch.json, name: "),
    (b"[" * 100_000 + b"]" * 100_000, "x.arch.json nests its brackets deeper than any network does."),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "x.arch.json nests its brackets deeper than any network does."),
    (b"[" * (MAX_FILE_BYTES + 1), "x.arch.json has 5.0 MB; a network's file has at most 5 MB."),
]


@pytest.mark.parametrize(("content", "sentence"), BAD_CONTENTS, ids=range(len(BAD_CONTENTS)))
def test_a_file_that_holds_no_network_says_so(content: bytes, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "x.arch.json"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        read_spec(path)
    assert sentence in str(caught.value)
    assert path.read_bytes() == content


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.arch.json"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert read_spec(path) == find_preset("vgg11").spec


def test_a_name_in_chinese_is_written_as_it_is_read(tmp_path: Path) -> None:
    from dataclasses import replace

    spec = replace(find_preset("vgg11").spec, name="卷积网络 1")
    write_spec(tmp_path / "网络.arch.json", spec)
    assert "卷积网络" in (tmp_path / "网络.arch.json").read_text("utf-8")
    assert read_spec(tmp_path / "网络.arch.json") == spec


def test_a_missing_file_a_folder_and_a_device_are_told_apart(tmp_path: Path) -> None:
    for path, sentence in {
        tmp_path / "none.arch.json": "There is no file",
        tmp_path: "is a folder, not a file.",
        tmp_path / "a\0b.arch.json": "cannot be read",
        tmp_path / ("n" * 300): "cannot be read: its name is too long.",
    }.items():
        with pytest.raises(FileError) as caught:
            read_spec(path)
        assert sentence in str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="no such devices there")
def test_an_endless_device_and_a_silent_pipe_are_refused_before_reading(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.arch.json")
    for path in (Path("/dev/zero"), tmp_path / "pipe.arch.json"):
        with pytest.raises(FileError) as caught:
            read_spec(path)
        assert "is a device or a pipe, not a file." in str(caught.value)
