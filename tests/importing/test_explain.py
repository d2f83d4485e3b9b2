"""A shape error of PyTorch or Keras, pasted: the layer it speaks of, both figures, and what mends it."""

from dataclasses import replace

import pytest

from explorer.analysis.summarize import summarize
from explorer.arch.ops import Flatten
from explorer.arch.presets import find_preset
from explorer.arch.spec import NetworkSpec
from explorer.importing.explain import explain_error, looks_like_error

SMALL = find_preset("d2l-vgg11-small").spec
VGG = find_preset("vgg16").spec
MATMUL = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x1152 and 6272x4096)"
CHANNELS = (
    "RuntimeError: Given groups=1, weight of size [64, 3, 3, 3], expected input[1, 1, 224, 224] to have 3 channels, "
    "but got 1 channels instead"
)
POOL = "RuntimeError: Given input size: (128x1x1). Calculated output size: (128x0x0). Output size is too small"


def at(spec: NetworkSpec, side: int) -> NetworkSpec:
    return replace(spec, input=replace(spec.input, height=side, width=side))


def test_the_hard_coded_head_of_the_course_is_explained_on_the_network_that_it_was_written_for() -> None:
    # domain.md section 3: VGG-11 ÷ 4 at 96 px flattens to 1,152, not 6,272.
    found = explain_error(MATMUL, SMALL)
    assert found is not None
    assert found.node == "fc1"
    assert "6,272 = 128 × 7 × 7" in found.sentence
    assert "1,152 = 128 × 3 × 3" in found.sentence
    assert found.fix is not None
    assert found.fix.spec == at(SMALL, 96)


def test_the_same_error_on_the_network_at_the_smaller_picture_offers_the_larger_one() -> None:
    found = explain_error(MATMUL, at(SMALL, 96))
    assert found is not None
    assert found.node == "fc1"
    assert found.fix is not None
    assert found.fix.label == "Use 224 × 224 input"
    flat = next(row for row in summarize(found.fix.spec).rows if isinstance(row.node.op, Flatten))  # type: ignore[arg-type]
    assert flat.shape == (6272,)


def test_channels_that_differ_light_up_the_first_convolution() -> None:
    found = explain_error(CHANNELS, VGG)
    assert found is not None
    assert (found.node, found.fix and found.fix.label) == ("conv1_1", "Take 1 channel")
    assert found.fix is not None
    assert found.fix.spec == replace(VGG, input=replace(VGG.input, channels=1))
    inner = (
        "Given groups=1, weight of size [256, 64, 3, 3], expected input[8, 128, 56, 56] "
        "to have 64 channels, but got 128 channels"
    )
    found = explain_error(inner, VGG)
    assert found is not None
    assert found.node == "conv3_1"
    assert "In this network 128 come in" in found.sentence


@pytest.mark.parametrize(
    ("message", "node"),
    [
        (POOL, "pool5"),
        (
            (
                "Calculated padded input size per channel: (1 x 1). Kernel size: (2 x 2). Kernel "
                "size can't be greater than "
                "actual input size"
            ),
            "pool5",
        ),
        (
            "ValueError: Negative dimension size caused by subtracting 2 from 1 for '{{node max_pooling2d_4/MaxPool}}",
            "pool5",
        ),
    ],
)
def test_a_map_that_runs_out_lights_up_its_pool_whether_the_drawn_network_fits_or_not(message: str, node: str) -> None:
    fits = explain_error(message, SMALL)
    assert fits is not None
    assert fits.node == node
    assert "28 × 28" in fits.sentence
    fails = explain_error(message, at(SMALL, 28))
    assert fails is not None
    assert fails.node == node
    assert fails.fix is not None
    assert fails.fix.spec is not None
    assert summarize(fails.fix.spec).is_valid


@pytest.mark.parametrize(
    ("message", "spec", "node"),
    [
        ("size mismatch, m1: [64 x 1152], m2: [6272 x 4096] at /pytorch/aten", SMALL, "fc1"),
        (
            (
                'Input 0 of layer "dense" is incompatible with the layer: expected axis -1 of '
                "input shape to have value 25088, "
                "but received input with shape (None, 8192)"
            ),
            VGG,
            "fc1",
        ),
        ("RuntimeError: shape '[-1, 25088]' is invalid for input of size 131072", VGG, "fc1"),
        ("mat1 and mat2 shapes cannot be multiplied (64x512 and 4096x4096)", VGG, "fc2"),
        ("running_mean should contain 128 elements not 64", find_preset("vgg16-bn").spec, "bn2_1"),
        ("Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: [64, 784]", VGG, "conv1_1"),
        (
            (
                "size mismatch for features.0.weight: copying a param with shape torch.Size([64, "
                "3, 3, 3]) from checkpoint, the "
                "shape in current model is torch.Size([64, 1, 3, 3])."
            ),
            VGG,
            "conv1_1",
        ),
        (
            (
                "size mismatch for classifier.6.bias: copying a param with shape "
                "torch.Size([1000]) from checkpoint, the "
                "shape in current model is torch.Size([10])."
            ),
            VGG,
            "classes",
        ),
    ],
)
def test_each_known_message_finds_its_layer(message: str, spec: NetworkSpec, node: str) -> None:
    found = explain_error(message, spec)
    assert found is not None
    assert found.node == node
    assert node in found.sentence


def test_the_last_error_of_a_long_output_counts() -> None:
    text = f"Traceback (most recent call last):\n  File net.py\n{CHANNELS}\n\nDuring handling...\n{MATMUL}\n"
    found = explain_error(text, SMALL)
    assert found is not None
    assert found.node == "fc1"


def test_a_layer_that_the_network_does_not_have_is_said() -> None:
    found = explain_error("mat1 and mat2 shapes cannot be multiplied (1x7 and 9x11)", VGG)
    assert found is not None
    assert found.node == ""
    assert found.sentence.startswith("The message speaks of a linear layer from 9 to 11 numbers")


def test_other_texts_are_no_error() -> None:
    assert explain_error("net = nn.Sequential()", VGG) is None
    assert not looks_like_error("KeyError: 'x'")


@pytest.mark.torch
def test_the_messages_are_those_that_torch_writes() -> None:
    import torch
    from torch import nn

    tries = [
        (nn.Linear(6272, 4096), torch.zeros(64, 1152)),
        (nn.Conv2d(3, 64, 3, padding=1), torch.zeros(1, 1, 224, 224)),
        (nn.MaxPool2d(2), torch.zeros(1, 128, 1, 1)),
        (nn.Conv2d(8, 8, 3), torch.zeros(1, 8, 1, 1)),
        (nn.BatchNorm2d(64), torch.zeros(2, 128, 4, 4)),
        (nn.Conv2d(1, 8, 3), torch.zeros(64, 784)),
    ]
    for module, x in tries:
        with pytest.raises((RuntimeError, ValueError)) as caught:
            module(x)
        assert looks_like_error(str(caught.value)), str(caught.value)
