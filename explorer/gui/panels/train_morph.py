"""MorphOffer: notices that the network is an edit of a trained one that can keep its function, and offers to go on."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from explorer.analysis.morph import MorphPlan, plan_morph
from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError
from explorer.gui.document import ArchDocument
from explorer.gui.models.runs_model import RunsModel
from explorer.gui.panels.train_start import has_weights
from explorer.runs.record import RunRecord

_LOOK_AFTER_MS = 250
_MOST_RUNS = 6


@dataclass(frozen=True, slots=True)
class Offer:
    """A run that the network descends from by an edit, and what becomes of its weights."""

    run: RunRecord
    plan: MorphPlan

    @property
    def sentence(self) -> str:
        """What the banner says."""
        edit, _colon, _how = self.plan.sentences[0].partition(":")
        return (
            f"This network is “{self.run.name}” after an edit ({edit[:1].lower()}{edit[1:].rstrip('.')}): "
            "what it learned can be kept."
        )


class MorphOffer(QObject):
    """`changed` tells the newest offer, or None. The chosen run is looked at first, then the newest ones.

    It looks only while its page, the parent, is seen.
    """

    changed = Signal(object)  # Offer | None

    def __init__(self, document: ArchDocument, runs: RunsModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._page = parent
        self._document = document
        self._runs = runs
        self._chosen = 0
        self._current: Offer | None = None
        self._dismissed: tuple[int, NetworkSpec] | None = None
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_LOOK_AFTER_MS)
        self._soon.timeout.connect(self._look_if_seen)
        document.summary_changed.connect(self._look_soon)
        runs.modelReset.connect(self._soon.start)
        runs.dataChanged.connect(lambda *_places: self._soon.start())

    @property
    def current(self) -> Offer | None:
        """What is offered."""
        return self._current

    def choose(self, run_id: int) -> None:
        """Look at this run first."""
        if run_id != self._chosen:
            self._chosen = run_id
            self._soon.start()

    def look_soon(self) -> None:
        """Find out anew, a moment later."""
        self._soon.start()

    def dismiss(self) -> None:
        """Offer this no more."""
        if self._current is not None:
            self._dismissed = (self._current.run.id, self._document.spec)
            self._current = None

    def offer_again(self) -> None:
        """Offer what was dismissed once more."""
        self._dismissed = None
        self.look()

    def look(self) -> None:
        """Find out anew what can be offered."""
        offer = self._found()
        if offer is not None and self._dismissed == (offer.run.id, self._document.spec):
            offer = None
        if offer != self._current:
            self._current = offer
            self.changed.emit(offer)

    def _look_soon(self) -> None:
        self._soon.start()

    def _look_if_seen(self) -> None:
        """Edits in Design do not pay for what nobody sees."""
        if self._page.isVisible():
            self.look()

    def _found(self) -> Offer | None:
        if self._document.summary.failure is not None:
            return None
        records = [row.record for row in self._runs.rows if has_weights(row.record)]
        first = [record for record in records if record.id == self._chosen]
        offer = None
        for run in [*first, *(record for record in records if record.id != self._chosen)][:_MOST_RUNS]:
            try:
                plan = plan_morph(run.spec, self._document.spec)
            except ExplorerError:
                continue
            if plan is None:
                return None  # this very network was trained already
            if plan.preserves and plan.sentences and offer is None:
                offer = Offer(run, plan)
        return offer
