"""The side to which pictures are rescaled before the network's input is cut out of them: sizes and limits.

Source: Simonyan & Zisserman 2015, sections 3.1 (training side S) and 3.2 (test side Q). "Side" is always the shorter
one of the rescaled picture; the proportions of the picture are kept.
"""

from __future__ import annotations

from explorer import units
from explorer.arch.spec import InputShape
from explorer.errors import ConfigError
from explorer.runs.config import TrainConfig

Size = tuple[int, int]
"""(height, width) in pixels."""


def scaled_size(picture: Size, side: int) -> Size:
    """The size of a picture whose shorter side became `side`, its proportions kept."""
    height, width = picture
    shorter = min(picture)
    return max(side, round(side * height / shorter)), max(side, round(side * width / shorter))


def own_side(shape: InputShape) -> int:
    """The side at which the middle of a picture of the input's proportions is the whole picture."""
    return min(shape.height, shape.width)


def largest_side(config: TrainConfig) -> int:
    """The largest side that training or its evaluation asks for; 0 where pictures are stretched to the input."""
    sides: list[int] = [*(config.train_side or ()), config.evaluation_side or 0]
    return max(sides)


def smallest_side(picture: Size, shape: InputShape) -> int:
    """The smallest side at which the input can be cut out of `picture`."""
    shorter = min(picture)
    side = max(-(-shape.height * shorter // picture[0]), -(-shape.width * shorter // picture[1]))
    rounded_up = max(1, side - 1)  # where the longer side is rounded, one less may do
    height, width = scaled_size(picture, rounded_up)
    return rounded_up if height >= shape.height and width >= shape.width else side


def check_sides(config: TrainConfig, shape: InputShape, picture: Size) -> None:
    """Raise ConfigError where the network's input cannot be cut out of `picture` at the sides of `config`."""
    smallest = smallest_side(picture, shape)
    asked = {"train_side": config.train_side[0] if config.train_side else None, "test_side": config.test_side}
    for path, side in asked.items():
        if side is not None and side < smallest:
            what = "training" if path == "train_side" else "test"
            raise ConfigError(
                f"The {what} side is {side:,}, and the network takes {units.px(shape.height, shape.width)} pixels. "
                f"Use a side of at least {smallest:,}, or a smaller input.",
                path=path,
            )
