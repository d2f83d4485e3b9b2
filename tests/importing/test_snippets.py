"""Code of tutorials comes back as the network that it makes: torch itself counts."""

import os
import re
import sys
import types
from typing import Any

import pytest

from explorer.analysis.summarize import summarize
from explorer.arch.blocks import ConvBlock, Pool, VGGBlock
from explorer.arch.ops import Conv2d, Linear, LocalResponseNorm
from explorer.arch.presets import PRESETS, find_preset
from explorer.export.pytorch_code import pytorch_code
from explorer.importing.read import import_text
from tests.importing.keras_snippets import KERAS_1_VGG, KERAS_SNIPPETS
from tests.importing.torch_snippets import CIFAR_VGG, LAZY_D2L, LENET_CLASS, TORCH_SNIPPETS, TORCHVISION, VGG_BLOCK


def params_of(code: str) -> int | None:
    totals = summarize(import_text(code).spec).totals
    return None if totals is None else totals.params.total


def run_by_torch(code: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module `net` that torch makes of our own snippet."""
    monkeypatch.setitem(sys.modules, "d2l", types.SimpleNamespace(torch=types.SimpleNamespace()))
    code = re.sub(r"^(In \[\d+\]:|!).*$", "", code, flags=re.MULTILINE)
    code = re.sub(r"^(>>>|\.\.\.) ", "", code, flags=re.MULTILINE)
    code = re.sub(r"^(for blk in|    X = blk|    print\(blk|y = net|print).*$", "", code, flags=re.MULTILINE)
    code = code.replace(".to(device)", "")
    names: dict[str, Any] = {"__name__": "snippet"}
    exec(compile(code, "snippet", "exec"), names)  # our own text, to compare with
    return names["net"]


@pytest.mark.torch
@pytest.mark.parametrize("name", TORCH_SNIPPETS)
def test_pytorch_code_comes_back_with_the_weights_that_torch_makes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    with torch.device("meta"):
        net = run_by_torch(TORCH_SNIPPETS[name], monkeypatch)
    weights = [weight for weight in net.parameters() if not isinstance(weight, torch.nn.UninitializedParameter)]
    imported = import_text(TORCH_SNIPPETS[name])
    assert params_of(TORCH_SNIPPETS[name]) == sum(weight.numel() for weight in weights)
    nodes = summarize(imported.spec).graph.nodes
    wide = [module.weight.shape[0] for module in net.modules() if isinstance(module, torch.nn.Conv2d | torch.nn.Linear)]
    found = [
        node.op.out_channels if isinstance(node.op, Conv2d) else node.op.out_features
        for node in nodes
        if isinstance(node.op, Conv2d | Linear)
    ]
    assert sorted(found) == sorted(wide)


@pytest.mark.parametrize("name", KERAS_SNIPPETS)
def test_keras_code_comes_back_with_the_weights_that_keras_counts(name: str) -> None:
    code, params = KERAS_SNIPPETS[name]
    assert import_text(code).source == "keras"
    assert params_of(code) == params


@pytest.mark.parametrize(
    ("code", "preset"),
    [
        (KERAS_1_VGG, "vgg16"),
        (
            LAZY_D2L + "VGG(arch=((1, 64), (1, 128), (2, 256), (2, 512), (2, 512))).layer_summary((1, 1, 224, 224))",
            "d2l-vgg11",
        ),
        (
            LAZY_D2L + "model = VGG(arch=((1, 16), (1, 32), (2, 64), (2, 128), (2, 128)), lr=0.01)\n"
            "data = d2l.FashionMNIST(batch_size=128, resize=(224, 224))\n",
            "d2l-vgg11-small",
        ),
        (TORCH_SNIPPETS["d2l's VGG-11 at ratio 4"], "d2l-vgg11-small"),
        (TORCH_SNIPPETS["d2l's AlexNet"], "alexnet-d2l"),
        (TORCH_SNIPPETS["AlexNet as a class"], "alexnet"),
        (
            "net = {'VGG16': [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 'M', 512, 512, 512, 'M', 512, 512, 512, 'M']}",
            "vgg16",
        ),
    ],
)
def test_a_network_that_is_known_by_name_is_recognised(code: str, preset: str) -> None:
    assert import_text(code).spec == find_preset(preset).spec


def test_code_that_nothing_calls_gives_the_largest_network_that_it_defines() -> None:
    spec = import_text(TORCHVISION + "\ndef vgg16_bn():\n    return _vgg('vgg16_bn', 'D', True, False)\n").spec
    assert summarize(spec).totals.params.total == 138_365_992  # type: ignore[union-attr]
    assert spec.head.pool == "adaptive"
    spec = import_text(
        CIFAR_VGG + "\ndef test():\n    net = VGG('VGG16')\n    y = net(torch.randn(2, 3, 32, 32))\n# test()\n"
    ).spec
    assert summarize(spec).totals.params.total == 14_728_266  # type: ignore[union-attr]


def test_the_last_of_several_networks_is_the_one_that_is_meant() -> None:
    code = VGG_BLOCK + (
        "small = nn.Sequential(vgg_block(1, 1, 8), nn.Flatten(), nn.Linear(8 * 14 * 14, 10))\n"
        "large = nn.Sequential(vgg_block(2, 1, 16), nn.Flatten(), nn.Linear(16 * 14 * 14, 10))\n"
    )
    imported = import_text(code)
    assert imported.spec.name == "large"
    assert imported.spec.blocks[0].out_channels == 16


def test_a_picture_size_that_is_not_named_is_found_from_the_head() -> None:
    imported = import_text(LENET_CLASS)
    assert (imported.spec.input.channels, imported.spec.input.height) == (1, 32)
    assert [note.sentence[:32] for note in imported.notes] == ["The text names no picture size; "]


def test_each_part_knows_its_lines() -> None:
    imported = import_text(KERAS_SNIPPETS["the first convnet of the handbook"][0])
    assert dict(imported.spans) == {"block1": (5, 6), "block2": (7, 8), "block3": (9, 9), "head": (10, 12)}


def test_equal_convolutions_and_their_pool_become_one_vgg_block_and_others_stand_alone() -> None:
    spec = import_text(TORCH_SNIPPETS["torchvision's VGG-16"]).spec
    assert [(block.num_convs, block.out_channels) for block in spec.blocks if isinstance(block, VGGBlock)] == [
        (2, 64),
        (2, 128),
        (3, 256),
        (3, 512),
        (3, 512),
    ]
    spec = import_text(TORCH_SNIPPETS["grouped and dilated convolutions"]).spec
    assert all(isinstance(block, ConvBlock) for block in spec.blocks)
    assert [
        (block.groups, block.dilation, block.activation) for block in spec.blocks if isinstance(block, ConvBlock)
    ] == [(1, 1, "relu"), (2, 1, "relu"), (1, 2, "gelu")]


def test_a_notebook_is_read_from_its_cells_of_code() -> None:
    import json

    code = TORCH_SNIPPETS["d2l's AlexNet"]
    cells = [
        {"cell_type": "markdown", "source": ["# AlexNet"]},
        {"cell_type": "code", "source": code.splitlines(keepends=True)},
    ]
    assert import_text(json.dumps({"cells": cells, "nbformat": 4})).spec == find_preset("alexnet-d2l").spec


@pytest.mark.filterwarnings("ignore:Do not pass an:UserWarning")
@pytest.mark.parametrize("name", list(KERAS_SNIPPETS))
def test_the_counts_of_these_tests_are_those_of_keras(name: str) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    code = KERAS_SNIPPETS[name][0].replace("tensorflow.keras", "keras").replace("小网络", "net")
    code = code.replace("import tensorflow as tf", "").replace("tf.nn.relu", "'relu'").replace("tf.keras", "keras")
    names: dict[str, Any] = {key: getattr(keras.layers, key) for key in dir(keras.layers)}
    names |= {"keras": keras, "layers": keras.layers, "Sequential": keras.Sequential}
    exec(compile(code, name, "exec"), names)  # our own text, to compare with
    model = names["model"] if "model" in names else names["VGG_like"]()
    counted = sum(int(keras.ops.size(weight)) for weight in model.trainable_weights)
    assert counted == KERAS_SNIPPETS[name][1]


def test_the_constants_of_a_norm_over_channels_are_those_of_the_code() -> None:
    layers = "nn.Conv2d(3, 8, 3, padding=1), nn.LocalResponseNorm(3, 1e-4, 0.5, 1.0), nn.ReLU(), nn.MaxPool2d(2)"
    imported = import_text(f"net = nn.Sequential({layers}, nn.Flatten(), nn.Linear(8 * 16 * 16, 10))")
    assert imported.spec.blocks == (
        ConvBlock(8, norm="lrn", pool=Pool("max"), lrn=LocalResponseNorm(3, 1e-4, 0.5, 1.0)),
    )
    assert not any("lrn" in note.sentence.casefold() or "norm" in note.sentence for note in imported.notes)


CHAINS = [
    name for name, preset in PRESETS.items() if all(isinstance(b, VGGBlock | ConvBlock) for b in preset.spec.blocks)
]


@pytest.mark.parametrize("name", CHAINS)
def test_the_pytorch_code_that_the_explorer_writes_is_read_back_as_the_same_network(name: str) -> None:
    spec = find_preset(name).spec
    imported = import_text(pytorch_code(summarize(spec)))
    assert imported.spec == spec
    assert not imported.notes


@pytest.mark.torch
@pytest.mark.parametrize(("module", "params"), [("vgg", 143_678_248), ("alexnet", 61_100_840)])
def test_torchvision_s_own_source_gives_its_largest_network(module: str, params: int) -> None:
    import importlib
    import inspect

    source = inspect.getsource(importlib.import_module(f"torchvision.models.{module}"))
    imported = import_text(source)
    assert summarize(imported.spec).totals.params.total == params  # type: ignore[union-attr]
    assert not imported.notes


@pytest.mark.torch
def test_paths_that_meet_are_named_and_the_preset_of_that_name_is_offered() -> None:
    code = pytorch_code(summarize(find_preset("resnet18").spec))
    imported = import_text(code.replace("ResNet18", "resnet18").replace("Resnet18", "resnet18"))
    note = next(note for note in imported.notes if note.fixes)
    assert note.sentence.startswith("Here two paths meet")
    assert note.fixes[0].spec == find_preset("resnet18").spec
