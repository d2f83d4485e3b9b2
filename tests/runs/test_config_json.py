"""Training settings as JSON: all of them there and back, and each slip named by its path."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import ConfigError
from explorer.runs.config import INITS, OPTIMIZERS, SCHEDULES, DataConfig, StartFrom, TrainConfig
from explorer.runs.config_json import config_from_json, config_to_json

CONFIGS = st.builds(
    TrainConfig,
    data=st.builds(DataConfig, folder=st.text(), train_limit=st.none() | st.integers(1, 10**9), flip=st.booleans()),
    optimizer=st.sampled_from(OPTIMIZERS),
    learning_rate=st.floats(1e-9, 1e4),
    schedule=st.sampled_from(SCHEDULES),
    init=st.sampled_from(INITS),
    seed=st.integers(0, 2**63 - 1),
    deterministic=st.booleans(),
)


@given(CONFIGS)
def test_a_configuration_comes_back_as_it_was(config: TrainConfig) -> None:
    assert config_from_json(json.loads(json.dumps(config_to_json(config)))) == config


def test_settings_that_are_left_out_take_their_defaults() -> None:
    assert config_from_json({}) == TrainConfig()
    assert config_from_json({"data": {"name": "mnist"}}) == replace(TrainConfig(), data=DataConfig(name="mnist"))


@pytest.mark.parametrize(
    ("value", "path", "says"),
    [
        (None, "config", "table of settings"),
        ([], "config", "table of settings"),
        ({"epoch": 3}, "config.epoch", "is not a setting"),
        ({"data": "mnist"}, "config.data", "table of settings"),
        ({"data": {"flips": True}}, "config.data.flips", "is not a setting"),
        ({"data": {"flip": 1}}, "config.data.flip", "true or false"),
        ({"data": {"train_limit": 0}}, "config.data.train_limit", "from 1 to"),
        ({"data": {"train_limit": "all"}}, "config.data.train_limit", "whole number or null"),
        ({"epochs": 2.5}, "config.epochs", "whole number"),
        ({"epochs": True}, "config.epochs", "whole number"),
        ({"epochs": 0}, "config.epochs", "from 1 to 100,000"),
        ({"learning_rate": "fast"}, "config.learning_rate", "a number"),
        ({"learning_rate": -1}, "config.learning_rate", "above 0"),
        ({"momentum": None}, "config.momentum", "a number"),
        ({"optimizer": "rmsprop"}, "config.optimizer", "sgd, adam, adamw"),
        ({"schedule": ["cosine"]}, "config.schedule", "one of constant"),
        ({"seed": "x" * 99}, "config.seed", "..."),
    ],
)
def test_a_wrong_setting_is_named_by_its_path(value: Any, path: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_from_json(value)
    assert caught.value.path == path
    assert path in str(caught.value)
    assert says in str(caught.value)


def test_a_start_and_the_sides_come_back_from_a_file() -> None:
    config = TrainConfig(start_from=StartFrom(3, "aligned", "last"), train_side=(36, 48), test_side=40)
    text = json.dumps(config_to_json(config))
    assert config_from_json(json.loads(text)) == config


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"start_from": {"rule": "paper"}}, "config.start_from"),
        ({"start_from": {"run_id": 0}}, "config.start_from.run_id"),
        ({"start_from": {"run_id": 1, "rule": "magic"}}, "config.start_from.rule"),
        ({"start_from": 3}, "config.start_from"),
        ({"train_side": [36]}, "config.train_side"),
        ({"train_side": [48, 36]}, "config.train_side"),
        ({"train_side": [True, 36]}, "config.train_side"),
        ({"test_side": 0}, "config.test_side"),
    ],
)
def test_a_start_or_a_side_that_cannot_be_is_named(settings: dict[str, object], path: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_from_json(settings)
    assert caught.value.path == path
