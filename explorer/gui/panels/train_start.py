"""StartSection: whether the next run begins by chance or with the weights of another one, and by which rule."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from explorer import units
from explorer.analysis.growth import GrowthPlan, GrowthRule, plan_growth
from explorer.analysis.morph import MorphPlan, plan_morph
from explorer.arch.spec import NetworkSpec
from explorer.errors import ExplorerError
from explorer.gui.document import ArchDocument
from explorer.gui.models.runs_model import RunsModel
from explorer.gui.models.train_settings_model import TrainSettingsModel
from explorer.gui.panels.train_form import Group, SettingRow
from explorer.gui.theme import ThemeSource
from explorer.gui.widgets import Combo, Label, Segmented, TextButton
from explorer.runs.config import StartFrom, StartRule
from explorer.runs.record import RunRecord

SCRATCH = 0
_RULES: tuple[tuple[StartRule, str], ...] = (("paper", "Paper"), ("aligned", "Aligned"), ("all", "All"))
RULE_TIPS: dict[StartRule, str] = {
    "paper": "The first four convolutions and the last three linear layers, as the VGG paper grows its deeper networks",
    "aligned": "As many layers as agree in kind and shape, in order",
    "all": "Every layer of the same name and shape",
    "morph": "Everything, changed so that the network computes the same",
}
_LOOK_AFTER_MS = 250
_MOST_RUNS = 40
Plan = GrowthPlan | MorphPlan


def plan_for(source: NetworkSpec, target: NetworkSpec, rule: StartRule) -> Plan | None:
    """What `target` takes over from `source` by `rule`; None where nothing can be said of it."""
    try:
        if rule == "morph":
            return plan_morph(source, target)
        return plan_growth(source, target, rule)
    except ExplorerError:
        return None


def has_weights(run: RunRecord) -> bool:
    """Whether a run has kept weights that another one can begin with."""
    return not run.is_live and run.last_epoch > 0 and run.best_accuracy is not None


class StartSection(Group):
    """One row from scratch; with a run chosen, its rule and what it brings. `map_wished` asks for the whole map."""

    map_wished = Signal()

    def __init__(
        self,
        document: ArchDocument,
        model: TrainSettingsModel,
        runs: RunsModel,
        parent: QWidget | None = None,
        *,
        theme: ThemeSource,
    ) -> None:
        super().__init__(parent, theme=theme)
        self._document = document
        self._model = model
        self._runs = runs
        self._fits: dict[int, tuple[NetworkSpec, bool]] = {}
        self._known_plan: tuple[tuple[int, NetworkSpec, StartRule], Plan | None] | None = None
        self.source = Combo([(SCRATCH, "From scratch")], theme=theme, name="Start from")
        self.source.setToolTip("Begin with random weights, or with those of a run that fits this network")
        self.source.edited.connect(self._choose)
        self.source_row = SettingRow("Start", self.source, theme=theme, is_title=True)
        self.source_row.reset_wished.connect(lambda: model.reset("start_from"))
        self.add(self.source_row)
        self.rule = Segmented(_RULES, theme=theme, name="Rule")
        self.rule.edited.connect(self._choose_rule)
        self._rule_row = SettingRow("Rule", self.rule, theme=theme)
        self.add(self._rule_row)
        self.map_button = TextButton("", "link", "table", theme=theme)
        self.map_button.setToolTip("Show which tensor comes from where")
        self.map_button.clicked.connect(self.map_wished)
        link = QHBoxLayout()
        link.setContentsMargins(10, 0, 0, 0)
        link.addWidget(self.map_button)
        link.addStretch()
        self.add(link)
        self._problem = Label(theme=theme, size_px=12, ink="err", wrap=True)
        self.add_indented(self._problem)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_LOOK_AFTER_MS)
        self._soon.timeout.connect(self._refresh_if_seen)
        model.changed.connect(self._show)
        document.summary_changed.connect(self._look_soon)
        runs.modelReset.connect(self._soon.start)
        self.refresh()

    @property
    def plan(self) -> Plan | None:
        """What the network takes over with the settings as they stand; None from scratch or where nothing fits."""
        start, run = self._model.config.start_from, self.source_run
        if start is None or run is None:
            return None
        key = (run.id, self._document.spec, start.rule)
        if self._known_plan is None or self._known_plan[0] != key:
            self._known_plan = (key, plan_for(run.spec, self._document.spec, start.rule))
        return self._known_plan[1]

    @property
    def source_run(self) -> RunRecord | None:
        """The run whose weights are taken; None from scratch, or where it is gone."""
        start = self._model.config.start_from
        row = self._runs.row_of(start.run_id) if start is not None else None
        return row.record if row is not None else None

    @property
    def obstacle(self) -> str:
        """Why the next run cannot begin like this; empty where it can."""
        start = self._model.config.start_from
        if start is None:
            return ""
        if self.source_run is None:
            return "The run to start from is gone. Start from scratch, or choose another one."
        plan = self.plan
        if isinstance(plan, MorphPlan) and not plan.preserves:
            return plan.reason
        return "" if plan is not None and plan.copied else "Nothing of that run fits this network by this rule."

    def refresh(self) -> None:
        """Offer the runs that fit the network as it stands."""
        rows = [row.record for row in self._runs.rows if has_weights(row.record)][:_MOST_RUNS]
        fitting = [run for run in rows if self._has_fit(run)]
        chosen = self.source_run
        if chosen is not None and chosen not in fitting:
            fitting.insert(0, chosen)
        choices = [(run.id, run.name, f"seed {run.seed}") for run in fitting]
        self.source.set_choices([(SCRATCH, "From scratch"), *choices])
        self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Look anew: the network may have been edited meanwhile."""
        super().showEvent(event)
        self._soon.start()

    def _refresh_if_seen(self) -> None:
        """Edits in Design do not pay for what nobody sees."""
        if self.isVisible():
            self.refresh()

    def _look_soon(self) -> None:
        self._soon.start()

    def _show(self) -> None:
        start = self._model.config.start_from
        is_grown = start is not None
        self.source.set_value(start.run_id if start is not None else SCRATCH)
        self.source_row.set_changed(self._model.is_changed("start_from"))
        self._rule_row.setVisible(is_grown)
        self.map_button.setVisible(is_grown and self.plan is not None)
        obstacle = self.obstacle
        self._problem.setText(obstacle)
        self._problem.setVisible(bool(obstacle))
        if start is not None:
            rules = [*_RULES, ("morph", "Edit")] if start.rule == "morph" else list(_RULES)
            self.rule.set_choices(rules)
            self.rule.set_value(start.rule)
            self.rule.setToolTip(RULE_TIPS[start.rule])
            plan = self.plan
            self.map_button.set_text(share_text(plan) if plan is not None else "")

    def _choose(self, run_id: object) -> None:
        if run_id == SCRATCH or not isinstance(run_id, int):
            self._model.set(start_from=None)
            return
        row = self._runs.row_of(run_id)
        plan = plan_for(row.record.spec, self._document.spec, "paper") if row is not None else None
        rule: GrowthRule = "paper" if plan is not None and plan.copied else "aligned"
        self._model.set(start_from=StartFrom(run_id, rule))

    def _choose_rule(self, rule: object) -> None:
        start = self._model.config.start_from
        found = next((known for known in RULE_TIPS if known == rule), None)
        if start is not None and found is not None:
            self._model.set(start_from=StartFrom(start.run_id, found, start.weights))

    def _has_fit(self, run: RunRecord) -> bool:
        """Whether anything of the run fits; worked out once for each network."""
        known = self._fits.get(run.id)
        if known is None or known[0] is not self._document.spec:
            known = (self._document.spec, _quietly(lambda: _brings(run.spec, self._document.spec)))
            self._fits[run.id] = known
        return known[1]


def share_text(plan: Plan) -> str:
    """`10 of 26 tensors copied · 62 %`: the words of the link to the map."""
    copied = sum(row.source_tensor is not None for row in plan.rows)
    made = plan.made if isinstance(plan, MorphPlan) else 0
    total = plan.copied + plan.random + made
    part = units.share(plan.copied / total) if total else units.NONE
    return f"{copied:,} of {len(plan.rows):,} tensors copied · {part}"


def _brings(source: NetworkSpec, target: NetworkSpec) -> bool:
    plan = plan_for(source, target, "aligned")
    return plan is not None and plan.copied > 0


def _quietly(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except ExplorerError:  # a network of a newer version
        return False
