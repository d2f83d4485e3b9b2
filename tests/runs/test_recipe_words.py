"""A recipe in words: every setting that differs can be seen, and what is not in use is not spoken of."""

from dataclasses import replace

import pytest

from explorer.runs.config import INITS, SCHEDULES, START_RULES, DataConfig, StartFrom, TrainConfig
from explorer.runs.recipe_words import INIT_TITLES, RULE_WORDS, SCHEDULE_TITLES, optimizer_title, recipe_words

PLAIN = TrainConfig()


def said(config: TrainConfig) -> dict[str, str]:
    return dict(recipe_words(config))


def test_every_choice_has_a_title() -> None:
    assert set(SCHEDULE_TITLES) == set(SCHEDULES)
    assert set(INIT_TITLES) == set(INITS)
    assert set(RULE_WORDS) == set(START_RULES)


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        ({}, "SGD, Nesterov 0.9"),
        ({"nesterov": False, "momentum": 0.95}, "SGD, momentum 0.95"),
        ({"nesterov": False, "momentum": 0.0}, "SGD, plain"),
        ({"optimizer": "adamw"}, "AdamW"),
    ],
)
def test_the_optimizer_names_its_momentum_where_it_has_one(changes: dict[str, object], title: str) -> None:
    assert optimizer_title(replace(PLAIN, **changes)) == title  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer": "adam"},
        {"momentum": 0.8},
        {"nesterov": False},
        {"learning_rate": 0.02},
        {"weight_decay": 0.0},
        {"schedule": "cosine"},
        {"epochs": 7},
        {"batch_size": 64},
        {"label_smoothing": 0.1},
        {"init": "he"},
        {"seed": 3},
        {"deterministic": True},
        {"device": "cpu"},
        {"precision": "bf16"},
        {"start_from": StartFrom(3)},
        {"train_side": (37, 73)},
        {"test_side": 40},
        {"data": DataConfig("cifar10")},
        {"data": DataConfig(flip=True)},
        {"data": DataConfig(crop_padding=4)},
        {"data": DataConfig(train_limit=1000)},
        {"data": DataConfig(test_limit=100)},
    ],
)
def test_recipes_that_differ_read_differently(changes: dict[str, object]) -> None:
    assert said(replace(PLAIN, **changes)) != said(PLAIN)  # type: ignore[arg-type]


def test_what_is_not_in_use_is_left_out() -> None:
    assert not {"Patience", "Label smoothing", "Repeatable"} & set(said(PLAIN))
    assert said(replace(PLAIN, schedule="plateau", plateau_patience=1))["Patience"] == "1 epoch"


def test_pictures_say_how_they_come_to_the_size_of_the_input_and_how_they_are_varied() -> None:
    varied = replace(PLAIN, data=DataConfig(flip=True, crop_padding=4, train_limit=2000))
    assert said(varied)["Pictures"] == "stretched to the input; mirrored at random; shifted by up to 4 px"
    assert said(varied)["Data set"] == "Fashion-MNIST, small, 2,000 training pictures"
    jitter = said(replace(PLAIN, train_side=(256, 512)))["Pictures"]
    assert jitter == "shorter side S 256 to 512, at random; tested at Q 384"


def test_a_run_that_begins_with_another_ones_weights_says_whose_and_by_which_rule() -> None:
    grown = said(replace(PLAIN, start_from=StartFrom(3, "aligned", "last")))
    assert grown["First weights"] == "last weights of run 3: layers aligned by shape"
