"""What a network without batch norm asks of our recipe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from explorer.arch.ops import ActivationName
from explorer.arch.presets import PRESETS, find_preset
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.runs.network_fit import NetworkFit, network_fit

SHAPE = InputShape(1, 32, 32)


def network(num_convs: int, activation: ActivationName = "relu", norm: bool = False) -> NetworkSpec:
    block = VGGBlock(num_convs, 8, norm="batch" if norm else "none", activation=activation)
    return NetworkSpec(SHAPE, (block,), Head((16,), activation=activation), 10)


def test_batch_norm_asks_for_nothing() -> None:
    assert network_fit(network(12, norm=True)) == NetworkFit()
    assert all(network_fit(preset.spec) == NetworkFit() for name, preset in PRESETS.items() if name.endswith("-bn"))


@pytest.mark.parametrize(("num_convs", "factor"), [(5, 1.0), (6, 0.2), (16, 0.2)])
def test_eight_layers_of_weights_without_batch_norm_bear_a_fifth_of_the_rate(num_convs: int, factor: float) -> None:
    fit = network_fit(network(num_convs))  # and two linear layers
    assert (fit.init, fit.rate_factor) == ("he", factor)


def test_what_saturates_begins_with_xavier_and_sigmoids_with_a_higher_rate() -> None:
    assert network_fit(network(2, "tanh")) == NetworkFit("xavier", 1.0, "Tanh without batch norm: Xavier weights")
    assert network_fit(network(2, "sigmoid")).rate_factor == 4.0
    assert network_fit(find_preset("lenet5").spec).init == "xavier"


def test_a_network_that_cannot_be_computed_is_no_obstacle() -> None:
    spec = find_preset("vgg16").spec
    assert network_fit(replace(spec, input=InputShape(3, 4, 4))) == network_fit(spec)
