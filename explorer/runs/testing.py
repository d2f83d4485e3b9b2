"""How a finished run is tested, and what comes out: crops, sides, rows of figures, class-score maps, ensembles.

Source: Simonyan & Zisserman 2015, sections 3.2 and 4.3. Torch-free. What computes them:
`engine.testing.test_run(store, run_id, plan, control, *, data=None) -> Iterator[TestEvent]`, the last event being the
TestResult; `engine.testing.score_maps(store, run_id, indices, *, side=None, data=None) -> tuple[ScoreMap, ...]`;
`engine.ensemble.test_ensemble(store, run_ids, control, *, limit=None) -> Iterator[TestProgress | EnsembleResult]`.
All of them raise ExplorerError for what the user can mend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from explorer.errors import ConfigError
from explorer.runs.config import MAX_SIDE
from explorer.runs.pictures import Picture

CropName = Literal["single", "multi", "dense", "both"]
CROPS: tuple[CropName, ...] = ("single", "multi", "dense", "both")
CROP_TITLES: Mapping[CropName, str] = {
    "single": "Single crop",
    "multi": "50 crops",
    "dense": "Dense",
    "both": "Dense and 50 crops",
}
"""What users read."""
GRID = 5
"""Crops along each side of the grid: 5 × 5 places, each also mirrored, 50 in all. Source: section 3.2."""


@dataclass(frozen=True, slots=True)
class TestPlan:
    """Which ways of testing are compared.

    `sides` are the test sides Q, the shorter side of the rescaled picture; empty means the run's own. Several sides
    give a row each and one more for their average. `flip` adds the mirrored picture to "dense", as the paper does; a
    single crop is one crop, and the 50 crops always have it. `limit` tests on the first pictures only.
    """

    __test__ = False  # no test of pytest's

    crops: tuple[CropName, ...] = ("single", "multi", "dense")
    sides: tuple[int, ...] = ()
    flip: bool = True
    limit: int | None = None

    def __post_init__(self) -> None:
        unknown = [crop for crop in self.crops if crop not in CROPS]
        if unknown or not self.crops:
            raise ConfigError(f"A way of testing is one of {', '.join(CROPS)}; give at least one.", path="crops")
        for side in self.sides:
            if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= MAX_SIDE:
                message = f"A test side is a whole number from 1 to {MAX_SIDE:,}, and this is {side!r}."
                raise ConfigError(message, path="sides")
        if self.limit is not None and self.limit < 1:
            raise ConfigError("A test needs at least one picture.", path="limit")


@dataclass(frozen=True, slots=True)
class PerImage:
    """What was said about one test picture: its place in the test set, its class, the class given, its probability."""

    index: int
    label: int
    prediction: int
    probability: float

    @property
    def is_right(self) -> bool:
        """Whether the class was found."""
        return self.label == self.prediction


@dataclass(frozen=True, slots=True)
class TestRow:
    """One way of testing: `sides` has one Q, or all of them where their probabilities were averaged.

    `accuracy` and `top5` are fractions, `top5` None with fewer than six classes; `loss` is the mean cross-entropy of
    the averaged probabilities; `note` says what is special about the row, empty where nothing is. A way that cannot be
    computed for this network has `accuracy` None and says why in its note. `map_side` is the (height, width) of the
    class-score map of a dense row on the first picture.
    """

    __test__ = False

    crop: CropName
    sides: tuple[int, ...]
    accuracy: float | None
    top5: float | None
    loss: float | None
    seconds: float
    num_images: int
    note: str = ""
    map_side: tuple[int, int] | None = None
    images: tuple[PerImage, ...] = ()


@dataclass(frozen=True, slots=True)
class TestProgress:
    """So many of all the pictures (times ways and sides) are done."""

    __test__ = False

    done: int
    total: int
    crop: CropName
    side: int


@dataclass(frozen=True, slots=True)
class TestResult:
    """All rows of one test. `is_complete` is False where it was stopped before the end."""

    __test__ = False

    run_id: int
    plan: TestPlan
    rows: tuple[TestRow, ...]
    num_images: int
    is_complete: bool
    seconds: float


TestEvent = TestProgress | TestRow | TestResult


@dataclass(frozen=True, slots=True)
class ScoreMap:
    """The class probabilities of one test picture at every place of the dense network.

    `picture` is the test picture rescaled to the side Q, what the network saw. `scores[class][row][column]` are
    probabilities, 0 to 1 (soft-max over the classes at that place). The cell in row r, column c speaks of the `window`
    (height, width) pixels that begin at (r · stride, c · stride), in pixels of `picture`. `probabilities` is the
    soft-max of the averaged scores, without the mirrored picture.
    """

    index: int
    label: int
    side: int
    picture: Picture
    rows: int
    columns: int
    stride: tuple[int, int]
    window: tuple[int, int]
    scores: tuple[tuple[tuple[float, ...], ...], ...]
    probabilities: tuple[float, ...]

    @property
    def prediction(self) -> int:
        """The class with the highest averaged score."""
        return max(range(len(self.probabilities)), key=self.probabilities.__getitem__)


@dataclass(frozen=True, slots=True)
class EnsembleMember:
    """One run of an ensemble, tested alone with its single crop."""

    run_id: int
    name: str
    accuracy: float
    top5: float | None
    loss: float


@dataclass(frozen=True, slots=True)
class ImageChange:
    """A picture on which the ensemble and its best member differ in being right."""

    index: int
    label: int
    best_member: int
    ensemble: int


@dataclass(frozen=True, slots=True)
class EnsembleResult:
    """The average of several runs' soft-max against each of them.

    `gained` are the pictures that the best member (`best_run_id`) gets wrong and the average right; `lost` the other
    way round.
    """

    members: tuple[EnsembleMember, ...]
    accuracy: float
    top5: float | None
    loss: float
    num_images: int
    best_run_id: int
    gained: tuple[ImageChange, ...]
    lost: tuple[ImageChange, ...]
    seconds: float
