"""A tester that needs no torch: it says the same of the same pictures of the built-in set each time."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from explorer.errors import RunError
from explorer.runs import idx
from explorer.runs.control import RunControl
from explorer.runs.datasets import DATA_SETS, SMALL_SET, locate
from explorer.runs.pictures import Picture, PictureSet
from explorer.runs.store import RunStore
from explorer.runs.testing import (
    CropName,
    EnsembleMember,
    EnsembleResult,
    ImageChange,
    PerImage,
    ScoreMap,
    TestEvent,
    TestPlan,
    TestProgress,
    TestResult,
    TestRow,
)

NUM_PICTURES = 200
NUM_CLASSES = 10
SKILLS = {"single": 0.86, "multi": 0.89, "dense": 0.885, "both": 0.9}
COSTS_S = {"single": 0.4, "multi": 20.0, "dense": 1.3, "both": 21.3}


@lru_cache(maxsize=1)
def pictures_of_the_set() -> PictureSet:
    files = locate(SMALL_SET)
    return idx.read_pictures(files.paths["test images"], files.paths["test labels"], limit=NUM_PICTURES)


def said_of(index: int, label: int, skill: float) -> PerImage:
    """What a network of `skill` says of a picture: a better one is right wherever a worse one is, but for a few."""
    luck = random.Random(index).random() + 0.04 * math.sin(40 * skill + index)
    is_right = luck < skill
    prediction = label if is_right else (label + 3 + index % 5) % NUM_CLASSES
    return PerImage(index, label, prediction, 0.5 + 0.5 * random.Random(index + 7).random())


def images_of(skill: float, count: int = NUM_PICTURES) -> tuple[PerImage, ...]:
    labels = pictures_of_the_set().labels
    return tuple(said_of(index, labels[index], skill) for index in range(count))


def row_of(crop: str, sides: tuple[int, ...], count: int = NUM_PICTURES) -> TestRow:
    skill = SKILLS[crop] + 0.01 * (len(sides) - 1) + (0.004 if sides[0] > 32 else 0.0)
    images = images_of(skill, count)
    accuracy = sum(image.is_right for image in images) / count
    return TestRow(
        crop,  # type: ignore[arg-type]
        sides,
        accuracy,
        0.98,
        1.4 * (1 - accuracy) + 0.1,
        COSTS_S[crop] * len(sides),
        count,
        map_side=(sides[0] // 32, sides[0] // 32) if crop == "dense" and len(sides) == 1 else None,
        images=images,
    )


@dataclass
class FakeTester:
    """Tells the rows of a plan. `slow_s` waits before each; `error` is raised instead of the first."""

    slow_s: float = 0.0
    error: str = ""
    look_error: str = ""
    calls: list[str] = field(default_factory=list)

    def classes(self, store: RunStore, run_id: int) -> tuple[str, ...]:
        self.calls.append(f"classes {run_id}")
        return DATA_SETS[SMALL_SET].classes

    def pictures(self, store: RunStore, run_id: int, indices: Sequence[int]) -> tuple[Picture, ...]:
        self.calls.append(f"pictures {len(indices)}")
        return tuple(pictures_of_the_set().picture(index) for index in indices)

    def test(self, store: RunStore, run_id: int, plan: TestPlan, control: RunControl) -> Iterator[TestEvent]:
        self.calls.append(f"test {run_id} {plan.crops} {plan.sides} {plan.limit}")
        if self.error:
            raise RunError(self.error)
        sides = plan.sides or (32,)
        count = min(plan.limit or NUM_PICTURES, NUM_PICTURES)
        rows: list[TestRow] = []
        ways: list[tuple[CropName, tuple[int, ...]]] = [(crop, (side,)) for crop in plan.crops for side in sides]
        ways += [(crop, sides) for crop in plan.crops if len(sides) > 1]
        for number, (crop, way_sides) in enumerate(ways):
            yield TestProgress(number * count, len(ways) * count, crop, way_sides[0])
            deadline = time.monotonic() + self.slow_s
            while time.monotonic() < deadline and not control.stopping:
                time.sleep(0.002)
            if control.stopping:
                break
            rows.append(row_of(crop, way_sides, count))
            yield rows[-1]
        yield TestResult(run_id, plan, tuple(rows), count, len(rows) == len(ways), 3.0)

    def look(self, store: RunStore, run_id: int, index: int, side: int) -> ScoreMap:
        self.calls.append(f"look {index} {side}")
        if self.look_error:
            raise RunError(self.look_error)
        picture = enlarged(pictures_of_the_set().picture(index), side)
        said = said_of(index, picture.label, SKILLS["single"])
        places = max(1, side // 16 - 1)
        middle = (places - 1) / 2
        scores = [[[0.0] * places for _ in range(places)] for _ in range(NUM_CLASSES)]
        for row in range(places):
            for column in range(places):
                near = math.exp(-((row - middle) ** 2 + (column - middle) ** 2) / 2)
                strong = 0.15 + 0.75 * near
                for number in range(NUM_CLASSES):
                    scores[number][row][column] = (1 - strong) * 0.5 / (NUM_CLASSES - 2)
                scores[said.prediction][row][column] = strong
                scores[(picture.label + 1) % NUM_CLASSES][row][column] += (1 - strong) * 0.5
        means = [sum(map(sum, grid)) / places**2 for grid in scores]
        total = sum(means)
        return ScoreMap(
            index, picture.label, side, picture, places, places, (16, 16), (32, 32),
            tuple(tuple(tuple(row) for row in grid) for grid in scores), tuple(mean / total for mean in means),
        )  # fmt: skip

    def average(
        self, store: RunStore, run_ids: Sequence[int], control: RunControl
    ) -> Iterator[TestProgress | EnsembleResult]:
        self.calls.append(f"average {tuple(run_ids)}")
        if self.error:
            raise RunError(self.error)
        yield TestProgress(NUM_PICTURES, 2 * NUM_PICTURES, "single", 32)
        yield ensemble_of(store, run_ids)


def ensemble_of(store: RunStore, run_ids: Sequence[int]) -> EnsembleResult:
    skills = {run_id: 0.84 + 0.01 * number for number, run_id in enumerate(run_ids)}
    said = {run_id: images_of(skill) for run_id, skill in skills.items()}
    members = tuple(
        EnsembleMember(run_id, store.get(run_id).name, sum(i.is_right for i in images) / NUM_PICTURES, 0.98, 0.4)
        for run_id, images in said.items()
    )
    best = max(members, key=lambda member: member.accuracy).run_id
    average = images_of(0.9)
    pairs = list(zip(said[best], average, strict=True))
    gained = tuple(change(old, new) for old, new in pairs if new.is_right and not old.is_right)
    lost = tuple(change(old, new) for old, new in pairs if old.is_right and not new.is_right)
    accuracy = sum(image.is_right for image in average) / NUM_PICTURES
    return EnsembleResult(members, accuracy, 0.99, 0.3, NUM_PICTURES, best, gained, lost, 2.0)


def change(old: PerImage, new: PerImage) -> ImageChange:
    return ImageChange(old.index, old.label, old.prediction, new.prediction)


def enlarged(picture: Picture, side: int) -> Picture:
    """The picture at `side` × `side`, its nearest pixels repeated."""
    rows = [y * picture.height // side for y in range(side)]
    columns = [x * picture.width // side for x in range(side)]
    pixels = bytes(picture.pixels[y * picture.width + x] for y in rows for x in columns)
    return Picture(1, side, side, pixels, picture.label)
