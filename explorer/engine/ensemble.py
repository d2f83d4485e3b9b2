"""Several runs asked together: their soft-max averaged. Source: Simonyan & Zisserman 2015, section 4.4."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from explorer.engine.testing import RunTester, TestStopped, figures, load_tester
from explorer.errors import RunError
from explorer.runs.control import RunControl
from explorer.runs.store import RunStore
from explorer.runs.testing import EnsembleMember, EnsembleResult, ImageChange, TestProgress


def test_ensemble(
    store: RunStore,
    run_ids: Sequence[int],
    control: RunControl,
    *,
    limit: int | None = None,  # noqa: PT028
) -> Iterator[TestProgress | EnsembleResult]:
    """Progress, then the result of averaging the single-crop probabilities of the runs; stopped, no result comes.

    Raises ExplorerError where a run has no weights, or where the runs were not tested on the same pictures.
    """
    if len(set(run_ids)) < 2:
        raise RunError("An ensemble has at least two different runs; tick another one.")
    began = time.monotonic()
    labels: Tensor | None = None
    first: RunTester | None = None
    members: list[EnsembleMember] = []
    found: list[Tensor] = []
    for number, run_id in enumerate(dict.fromkeys(run_ids)):
        tester = load_tester(store, run_id)
        count = min(limit or tester.num_images, tester.num_images)
        if labels is None or first is None:
            labels, first = tester.data.test_labels[:count], tester
        elif count != len(labels) or not _same_pictures(first, tester, count):
            raise RunError(f"The runs “{first.run.name}” and “{tester.run.name}” were tested on different pictures.")
        parts: list[Tensor] = []
        size = tester.batch_size("single", tester.own_side)
        for start in range(0, count, size):
            images = tester.pictures(slice(start, min(start + size, count)), tester.own_side)
            try:
                parts.append(tester.probabilities("single", images, flip=False, control=control).cpu())
            except TestStopped:
                return
            done = number * count + min(start + size, count)
            yield TestProgress(done, len(set(run_ids)) * count, "single", tester.own_side)
        found.append(torch.cat(parts))
        members.append(EnsembleMember(run_id, tester.run.name, *figures(found[-1], labels)))
    assert labels is not None
    yield _result(members, found, labels, time.monotonic() - began)


test_ensemble.__test__ = False  # type: ignore[attr-defined]


def _same_pictures(first: RunTester, other: RunTester, count: int) -> bool:
    one, two = first.data, other.data
    return one.name == two.name and bool(torch.equal(one.test_labels[:count], two.test_labels[:count]))


def _result(members: list[EnsembleMember], found: list[Tensor], labels_N: Tensor, seconds: float) -> EnsembleResult:
    best = max(range(len(members)), key=lambda index: members[index].accuracy)
    average_NK = torch.stack(found).mean(0)
    before_N, after_N = found[best].argmax(1), average_NK.argmax(1)
    gained = (before_N != labels_N) & (after_N == labels_N)
    lost = (before_N == labels_N) & (after_N != labels_N)
    accuracy, top5, loss = figures(average_NK, labels_N)
    best_id = members[best].run_id
    changed = [_changes(chosen, labels_N, before_N, after_N) for chosen in (gained, lost)]
    return EnsembleResult(tuple(members), accuracy, top5, loss, len(labels_N), best_id, changed[0], changed[1], seconds)


def _changes(chosen_N: Tensor, labels_N: Tensor, before_N: Tensor, after_N: Tensor) -> tuple[ImageChange, ...]:
    index = chosen_N.nonzero().flatten()
    columns = (index, labels_N[index], before_N[index], after_N[index])
    return tuple(ImageChange(*row) for row in zip(*(column.tolist() for column in columns), strict=True))
