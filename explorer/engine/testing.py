"""Tests a finished run in several ways: one crop, 50 crops, densely, both, at one scale or more.

Source: Simonyan & Zisserman 2015, sections 3.2 and 4: class scores of a dense map are averaged over the map, soft-max
probabilities over the picture and its mirror image, over crops, over scales, and over the two ways of testing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from explorer import units
from explorer.analysis.summarize import summarize
from explorer.arch.spec import NetworkSpec
from explorer.engine.build import build
from explorer.engine.data import DataSet, load
from explorer.engine.dense import DenseNetwork
from explorer.engine.devices import choose_device
from explorer.engine.rescale import middle, rescaled
from explorer.engine.runner import weights
from explorer.errors import ConfigError, DataError, RunError
from explorer.runs.config import TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.pictures import Picture
from explorer.runs.record import RunRecord
from explorer.runs.sides import Size, own_side, scaled_size, smallest_side
from explorer.runs.store import RunStore
from explorer.runs.testing import (
    GRID,
    CropName,
    PerImage,
    ScoreMap,
    TestEvent,
    TestPlan,
    TestProgress,
    TestResult,
    TestRow,
)

MAX_BATCH = 128
MAX_MAP_BYTES = 1 << 27
"""So many pictures go through the network together at most, and fewer where their largest map would take more."""
_TOP = 5


class TestStopped(Exception):  # noqa: N818  not an error
    """The user asked for the end before it was reached."""

    __test__ = False


def test_run(
    store: RunStore,
    run_id: int,
    plan: TestPlan,
    control: RunControl,
    *,
    data: DataSet | None = None,  # noqa: PT028
) -> Iterator[TestEvent]:
    """Progress and rows of testing a run as `plan` says; the last event is the TestResult.

    Raises ExplorerError where the run or its pictures cannot be had.
    """
    yield from load_tester(store, run_id, side=max(plan.sides, default=0), data=data).test(plan, control)


test_run.__test__ = False  # type: ignore[attr-defined]


def score_maps(
    store: RunStore,
    run_id: int,
    indices: Sequence[int],
    *,
    side: int | None = None,
    data: DataSet | None = None,
) -> tuple[ScoreMap, ...]:
    """The class-score maps of the test pictures `indices` at the test side `side` (by default the run's own).

    Raises ExplorerError where they cannot be computed. For many pictures one after the other keep a `load_tester`.
    """
    tester = load_tester(store, run_id, side=side or 0, data=data)
    return tuple(tester.score_map(index, side) for index in indices)


def load_tester(
    store: RunStore, run_id: int, *, side: int = 0, best: bool = True, data: DataSet | None = None
) -> RunTester:
    """The run's network with its best weights, and its test pictures, opened for sides up to `side`.

    Raises ExplorerError where the run has no whole weights or its pictures are not those it learned from.
    """
    run = store.get(run_id)
    config, spec = run.config, run.spec
    state = weights(store, run_id, best=best)
    if data is None:
        data = load(config.data, spec, side=max(side, config.evaluation_side or 0))
        has_own_size = config.data.name == "folder"  # its pictures are opened at the size that is asked for
        if run.data_fingerprint and data.fingerprint != run.data_fingerprint and not has_own_size:
            raise DataError(f"The run “{run.name}” learned from other pictures than those of {data.title} now.")
    return RunTester(run, spec, config, state, data)


class RunTester:
    """A trained network and the test pictures of its run, ready to be tested in any way."""

    def __init__(
        self, run: RunRecord, spec: NetworkSpec, config: TrainConfig, state: dict[str, Tensor], data: DataSet
    ) -> None:
        self.run, self.spec, self.data = run, spec, data
        self._config = config
        self._device = _device_for(config)
        network = build(spec)
        network.load_state_dict(state)
        network.to(self._device).eval()
        self._network = network.to(memory_format=torch.channels_last)
        self._dense = DenseNetwork(self._network, spec).eval()
        self._largest_map = max(row.activation_bytes or 1 for row in summarize(spec).rows)
        self._size: Size = (spec.input.height, spec.input.width)
        view = (1, len(data.mean), 1, 1)
        self._mean = torch.tensor(data.mean, dtype=torch.float32, device=self._device).view(view)
        self._scale = torch.tensor([1 / d for d in data.deviation], dtype=torch.float32, device=self._device).view(view)

    @property
    def own_side(self) -> int:
        """The test side Q that the run itself was evaluated at."""
        return self._config.evaluation_side or own_side(self.spec.input)

    @property
    def num_images(self) -> int:
        """How many test pictures there are."""
        return self.data.num_test

    def test(self, plan: TestPlan, control: RunControl) -> Iterator[TestEvent]:
        """Progress and rows as `plan` says, the TestResult last; stopped early, it holds the rows that are whole."""
        began = time.monotonic()
        sides = plan.sides or (self.own_side,)
        count = min(plan.limit or self.num_images, self.num_images)
        work = _Work(self, plan, sides, count, control)
        rows: list[TestRow] = []
        is_complete = True
        try:
            for event in work.events():
                if isinstance(event, TestRow):
                    rows.append(event)
                yield event
        except TestStopped:
            is_complete = False
        yield TestResult(self.run.id, plan, tuple(rows), count, is_complete, time.monotonic() - began)

    def too_small(self, side: int) -> str:
        """Why the network cannot be tested at `side`; empty where it can."""
        smallest = smallest_side(self._proportions(), self.spec.input)
        if side >= smallest:
            return ""
        size = units.px(*self._size)
        return f"The network takes {size} pixels, so a side of {side:,} is too small; use at least {smallest:,}."

    def pictures(self, part: slice, side: int) -> Tensor:
        """Test pictures rescaled to `side`, as bytes on the device."""
        images = self.data.test_images[part].to(self._device)
        return rescaled(images, scaled_size(self._proportions(), side))

    def prepared(self, images_NCHW: Tensor) -> Tensor:
        """Bytes as the network takes them: its channels, mean 0 and deviation 1."""
        plain = (images_NCHW - self._mean).mul_(self._scale)
        plain = plain.expand(-1, self.spec.input.channels, -1, -1)
        return plain.contiguous(memory_format=torch.channels_last)

    def probabilities(self, crop: CropName, images_NCHW: Tensor, *, flip: bool, control: RunControl) -> Tensor:
        """N × classes: what one way of testing says of pictures (bytes, rescaled). Raises TestStopped."""
        with torch.inference_mode():
            return _WAYS[crop](self, images_NCHW, flip, control)

    def score_map(self, index: int, side: int | None = None) -> ScoreMap:
        """The class-score map of test picture `index`. Raises ConfigError for a side that is too small."""
        side = side or self.own_side
        if why := self.too_small(side):
            raise ConfigError(why, path="test_side")
        if not 0 <= index < self.num_images:
            raise RunError(f"There is no test picture {index:,}; they go from 0 to {self.num_images - 1:,}.")
        seen = self.pictures(slice(index, index + 1), side)
        with torch.inference_mode():
            scores_KRC = self._dense(self.prepared(seen))[0].float()
            cells = scores_KRC.softmax(0).cpu()
            average = scores_KRC.mean((1, 2)).softmax(0).cpu()
        label = int(self.data.test_labels[index])
        pixels = bytes(seen[0].cpu().contiguous().flatten().numpy())
        channels, height, width = seen.shape[1:]
        return ScoreMap(
            index, label, side, Picture(channels, height, width, pixels, label), cells.shape[1], cells.shape[2],
            self._dense.stride, self._dense.window,
            tuple(tuple(tuple(row) for row in plane) for plane in cells.tolist()), tuple(average.tolist()),
        )  # fmt: skip

    def map_side(self, side: int) -> Size:
        """(rows, columns) of the class-score map at `side`."""
        with torch.inference_mode():
            height, width = self._dense(self.prepared(self.pictures(slice(0, 1), side))).shape[2:]
        return height, width

    def batch_size(self, crop: CropName, side: int) -> int:
        """How many pictures go through the network together."""
        height, width = scaled_size(self._proportions(), side) if crop == "dense" else self._size
        area = height * width / (self._size[0] * self._size[1])
        return max(1, min(MAX_BATCH, int(MAX_MAP_BYTES / (self._largest_map * area))))

    def _proportions(self) -> Size:
        """The size whose proportions rescaled pictures have: the input's where the run stretched its pictures to it."""
        keeps = self._config.train_side is not None or self._config.test_side is not None
        return self.data.picture_size if keeps else self._size

    def _single(self, images_NCHW: Tensor, _flip: bool, control: RunControl) -> Tensor:
        _check(control)
        scores_NK: Tensor = self._network(self.prepared(middle(images_NCHW, self._size)))
        return scores_NK.float().softmax(1)

    def _multi(self, images_NCHW: Tensor, _flip: bool, control: RunControl) -> Tensor:
        """The mean over 5 × 5 places and their mirror images; places that fall together are computed once."""
        total: Tensor | float = 0.0
        for (top, left), times in grid(images_NCHW.shape[2:], self._size).items():
            crop = images_NCHW[:, :, top : top + self._size[0], left : left + self._size[1]]
            for mirrored in (crop, crop.flip(3)):
                _check(control)
                total = total + self._network(self.prepared(mirrored)).float().softmax(1) * (times / (2 * GRID**2))
        assert isinstance(total, Tensor)
        return total

    def _densely(self, images_NCHW: Tensor, flip: bool, control: RunControl) -> Tensor:
        views = (images_NCHW, images_NCHW.flip(3)) if flip else (images_NCHW,)
        found = []
        for view in views:
            _check(control)
            found.append(self._dense(self.prepared(view)).float().mean((2, 3)).softmax(1))
        return torch.stack(found).mean(0)


_WAYS = {"single": RunTester._single, "multi": RunTester._multi, "dense": RunTester._densely}


class _Work:
    """The rows of one plan; what two rows share is computed once."""

    def __init__(
        self, tester: RunTester, plan: TestPlan, sides: Sequence[int], count: int, control: RunControl
    ) -> None:
        self._tester, self._plan, self._sides, self._count = tester, plan, sides, count
        self._control = control
        self._labels = tester.data.test_labels[:count]
        self._found: dict[tuple[CropName, int], tuple[Tensor, float]] = {}
        self._done = 0
        self._possible = [side for side in sides if not tester.too_small(side)]
        ways = {part for crop in plan.crops for part in _parts_of(crop)}
        self._total = len(ways) * len(self._possible) * count

    def events(self) -> Iterator[TestProgress | TestRow]:
        for crop in self._plan.crops:
            for side in self._sides:
                if side not in self._possible:
                    yield TestRow(crop, (side,), None, None, None, 0.0, 0, self._tester.too_small(side))
                    continue
                for part in _parts_of(crop):
                    yield from self._compute(part, side)
                yield self._row(crop, (side,))
            if len(self._possible) > 1:
                yield self._row(crop, tuple(self._possible))

    def _compute(self, crop: CropName, side: int) -> Iterator[TestProgress]:
        if (crop, side) in self._found:
            return
        began = time.monotonic()
        found: list[Tensor] = []
        size = self._tester.batch_size(crop, side)
        for start in range(0, self._count, size):
            part = slice(start, min(start + size, self._count))
            images = self._tester.pictures(part, side)
            found.append(self._tester.probabilities(crop, images, flip=self._plan.flip, control=self._control).cpu())
            self._done += part.stop - part.start
            yield TestProgress(self._done, self._total, crop, side)
        self._found[crop, side] = (torch.cat(found), time.monotonic() - began)

    def _row(self, crop: CropName, sides: tuple[int, ...]) -> TestRow:
        used = [self._found[part, side] for part in _parts_of(crop) for side in sides]
        probabilities_NK = torch.stack([found for found, _ in used]).mean(0)
        seconds = sum(taken for _, taken in used)
        map_side = self._tester.map_side(sides[0]) if crop in {"dense", "both"} and len(sides) == 1 else None
        accuracy, top5, loss = figures(probabilities_NK, self._labels)
        return TestRow(
            crop, sides, accuracy, top5, loss, seconds, self._count, self._note(crop, sides), map_side,
            images_of(probabilities_NK, self._labels),
        )  # fmt: skip

    def _note(self, crop: CropName, sides: tuple[int, ...]) -> str:
        if len(sides) > 1:
            return f"Probabilities averaged over the sides {', '.join(str(side) for side in sides)}."
        size = scaled_size(self._tester._proportions(), sides[0])
        if size == self._tester._size and crop in {"multi", "both"}:
            return f"At a side of {sides[0]:,} all crops are the same place; a larger side gives them room."
        return ""


def _parts_of(crop: CropName) -> tuple[CropName, ...]:
    return ("dense", "multi") if crop == "both" else (crop,)


def grid(picture: Sequence[int], size: Size) -> dict[tuple[int, int], int]:
    """The corners of the 5 × 5 places of a crop of `size` in a picture, and how many places fall on each."""
    rooms = [have - want for have, want in zip(picture, size, strict=True)]
    tops, lefts = ([round(step * room / (GRID - 1)) for step in range(GRID)] for room in rooms)
    places: dict[tuple[int, int], int] = {}
    for top in tops:
        for left in lefts:
            places[top, left] = places.get((top, left), 0) + 1
    return places


def figures(probabilities_NK: Tensor, labels_N: Tensor) -> tuple[float, float | None, float]:
    """(accuracy, top-5 accuracy, mean cross-entropy) of class probabilities; no top-5 below six classes."""
    right = (probabilities_NK.argmax(1) == labels_N).double().mean()
    loss = functional.nll_loss(probabilities_NK.double().clamp_min(1e-12).log(), labels_N)
    if probabilities_NK.shape[1] <= _TOP:
        return float(right), None, float(loss)
    best = probabilities_NK.topk(_TOP, 1).indices
    return float(right), float((best == labels_N[:, None]).any(1).double().mean()), float(loss)


def images_of(probabilities_NK: Tensor, labels_N: Tensor) -> tuple[PerImage, ...]:
    """What was said about each picture."""
    highest, predictions = probabilities_NK.max(1)
    columns = zip(labels_N.tolist(), predictions.tolist(), highest.tolist(), strict=True)
    return tuple(PerImage(index, *column) for index, column in enumerate(columns))


def _check(control: RunControl) -> None:
    if control.stopping:
        raise TestStopped


def _device_for(config: TrainConfig) -> torch.device:
    try:
        return choose_device(config.device)
    except ConfigError:  # it was trained on another computer
        return choose_device("auto")


__all__ = ["RunTester", "figures", "grid", "images_of", "load_tester", "score_maps", "test_run"]
