"""Keras code: read back it is the same network; run by Keras it computes the same scores."""

import os
from dataclasses import replace
from typing import Any

import pytest

from explorer.analysis.summarize import summarize
from explorer.arch.blocks import ConvBlock, Pool, VGGBlock
from explorer.arch.ops import OPS, Input
from explorer.arch.presets import PRESETS, find_preset
from explorer.arch.spec import Head, InputShape, NetworkSpec
from explorer.errors import ExplorerError
from explorer.export.formats import TEXT_FORMATS, format_of
from explorer.export.keras_code import WRITERS, keras_code
from explorer.importing.read import import_text

CHAINS = [
    name for name, preset in PRESETS.items() if all(isinstance(b, VGGBlock | ConvBlock) for b in preset.spec.blocks)
]
BRANCHED = [name for name in PRESETS if name not in CHAINS]
ODD = NetworkSpec(
    InputShape(3, 45, 37),
    (
        ConvBlock(8, 7, 2, padding=2, norm="lrn", pool=Pool("max", 3, 2, ceil_mode=True)),
        ConvBlock(16, 4, padding="same", activation="leaky_relu", pool=Pool("max", 3, 2, padding=1)),
        ConvBlock(16, 3, dilation=2, groups=4, bias=False, norm="batch", norm_eps=1e-3, activation="gelu"),
        VGGBlock(2, 24, kernels=(3, 1), padding="none", activation="elu", pool=Pool("average", 2, 1, padding=1)),
    ),
    Head((20,), 0.3, "global_average", "silu", dropout_first=True),
    num_classes=7,
    name="odd",
)


def test_every_operation_has_a_writer() -> None:
    assert set(WRITERS) == set(OPS) - {Input}


@pytest.mark.parametrize("name", CHAINS)
def test_the_code_of_a_chain_is_read_back_as_the_same_network(name: str) -> None:
    spec = find_preset(name).spec
    imported = import_text(keras_code(summarize(spec)))
    assert imported.source == "keras"
    assert imported.spec == spec


def test_padding_that_keras_lacks_is_written_out_and_read_back() -> None:
    spec = replace(ODD, blocks=(*ODD.blocks[:1], *ODD.blocks[3:]))
    before, after = summarize(spec), summarize(import_text(keras_code(summarize(spec))).spec)
    assert before.totals is not None
    assert after.totals is not None
    assert (after.totals.params.total, after.totals.macs) == (before.totals.params.total, before.totals.macs)


def test_what_keras_cannot_do_exactly_is_refused_with_the_layer() -> None:
    head = Head((), 0.0, "adaptive")
    spec = NetworkSpec(InputShape(1, 20, 20), (VGGBlock(1, 4),), head, num_classes=2)
    with pytest.raises(ExplorerError, match="avgpool cannot be written for Keras: windows of unequal size"):
        keras_code(summarize(spec))
    spec = NetworkSpec(InputShape(1, 20, 20), (ConvBlock(4, pool=Pool("average", 3, 2, ceil_mode=True)),), Head())
    with pytest.raises(ExplorerError, match="pool1 cannot be written for Keras: an average that rounds the map up"):
        keras_code(summarize(spec))


def test_a_file_that_ends_in_keras_py_is_keras_code_and_other_python_is_pytorch(tmp_path: Any) -> None:
    assert format_of(tmp_path / "vgg_keras.py", {}) == "keras"
    assert format_of(tmp_path / "vgg.py", {}) == "pytorch"
    assert TEXT_FORMATS["keras"].title == "Keras code"


def built_by_keras(spec: NetworkSpec) -> Any:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    pytest.importorskip("keras")
    names: dict[str, Any] = {"__name__": "exported"}
    exec(compile(keras_code(summarize(spec)), "exported", "exec"), names)  # our own export
    return names["build"]()


@pytest.mark.torch
@pytest.mark.parametrize("name", ["lenet5", "vgg7-32-bn", "alexnet-d2l", *BRANCHED[:3]])
def test_keras_counts_the_same_parameters(name: str) -> None:
    spec = find_preset(name).spec
    model = built_by_keras(spec)
    totals = summarize(spec).totals
    assert totals is not None
    assert sum(int(weight.value.numel()) for weight in model.trainable_weights) == totals.params.total


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_keras_computes_the_scores_of_torch_with_the_same_weights() -> None:
    model = built_by_keras(ODD)
    import torch

    from explorer.engine.build import build

    network = build(ODD).eval().double()
    torch.manual_seed(1)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn_like(weight) * 0.2)
    mine = [module for module in network.modules() if not list(module.children()) and list(module.parameters())]
    others = [layer for layer in model.layers if layer.weights]
    assert len(mine) == len(others)
    for module, layer in zip(mine, others, strict=True):
        layer.set_weights(as_keras(module))
    x_NCHW = torch.randn(2, 3, 45, 37)
    with torch.no_grad():
        wanted = network(x_NCHW.double())
        found = model(x_NCHW.permute(0, 2, 3, 1).contiguous(), training=False)
    torch.testing.assert_close(found.detach().cpu().double(), wanted, atol=1e-4, rtol=1e-4)


def as_keras(module: Any) -> list[Any]:
    """The weights of a torch module in Keras' order and layout."""
    weight = module.weight.detach().float()
    if weight.ndim == 4:
        weight = weight.permute(2, 3, 1, 0)
    elif weight.ndim == 2:
        weight = weight.T
    found = [weight] if module.bias is None else [weight, module.bias.detach().float()]
    if hasattr(module, "running_mean"):
        found += [module.running_mean.float(), module.running_var.float()]
    return [one.numpy() for one in found]
