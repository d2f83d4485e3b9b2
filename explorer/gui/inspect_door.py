"""The door from the page Inspect to the engine: what it asks of a finished run; the real one imports torch late."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from explorer.errors import DataError
from explorer.runs.control import RunControl
from explorer.runs.pictures import Picture
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore
from explorer.runs.testing import EnsembleResult, ScoreMap, TestEvent, TestPlan, TestProgress

_DataSet = Any
"""The engine's DataSet; its room is not entered before a method is called."""


class Tester(Protocol):
    """Everything that the page wants done with torch. Called in threads only."""

    def classes(self, store: RunStore, run_id: int) -> tuple[str, ...]:
        """The names of the classes; numbers where the data set has no names."""
        ...

    def pictures(self, store: RunStore, run_id: int, indices: Sequence[int]) -> tuple[Picture, ...]:
        """The test pictures at `indices`, as the files have them."""
        ...

    def test(self, store: RunStore, run_id: int, plan: TestPlan, control: RunControl) -> Iterator[TestEvent]:
        """The events of a test; the last is its result."""
        ...

    def look(self, store: RunStore, run_id: int, index: int, side: int) -> ScoreMap:
        """The class scores at every place of one test picture."""
        ...

    def average(
        self, store: RunStore, run_ids: Sequence[int], control: RunControl
    ) -> Iterator[TestProgress | EnsembleResult]:
        """The progress of averaging several runs, and at last the result."""
        ...


class TorchTester:
    """The real one. It keeps the pictures of the data set that was asked for last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: tuple[object, _DataSet] | None = None

    def classes(self, store: RunStore, run_id: int) -> tuple[str, ...]:
        """The names of the classes; numbers where the data set has no names."""
        data = self._data(store.get(run_id))
        return data.classes or tuple(str(number) for number in range(data.num_classes))

    def pictures(self, store: RunStore, run_id: int, indices: Sequence[int]) -> tuple[Picture, ...]:
        """The test pictures at `indices`, as the files have them."""
        data = self._data(store.get(run_id))
        channels, height, width = data.test_images.shape[1:]
        return tuple(
            Picture(
                channels, height, width, data.test_images[index].numpy().tobytes(), int(data.test_labels[index].item())
            )
            for index in indices
        )

    def test(self, store: RunStore, run_id: int, plan: TestPlan, control: RunControl) -> Iterator[TestEvent]:
        """The events of a test; the last is its result."""
        from explorer.engine.testing import test_run

        return iter(test_run(store, run_id, plan, control, data=self._data(store.get(run_id))))

    def look(self, store: RunStore, run_id: int, index: int, side: int) -> ScoreMap:
        """The class scores at every place of one test picture."""
        from explorer.engine.testing import score_maps

        return score_maps(store, run_id, [index], side=side, data=self._data(store.get(run_id)))[0]

    def average(
        self, store: RunStore, run_ids: Sequence[int], control: RunControl
    ) -> Iterator[TestProgress | EnsembleResult]:
        """The progress of averaging several runs, and at last the result."""
        from explorer.engine.ensemble import test_ensemble

        return iter(test_ensemble(store, list(run_ids), control))

    def _data(self, run: RunRecord) -> _DataSet:
        """The data set of `run`, read once. Raises DataError where it is no longer what the run learned from."""
        from explorer.engine.data import load

        key = (run.config.data, run.spec.input, run.spec.num_classes)
        with self._lock:
            if self._known is None or self._known[0] != key:
                self._known = (key, load(run.config.data, run.spec))
            data = self._known[1]
        if run.data_fingerprint and data.fingerprint != run.data_fingerprint:
            raise DataError(f"The run “{run.name}” learned from other pictures than those of {data.title} now.")
        return data
