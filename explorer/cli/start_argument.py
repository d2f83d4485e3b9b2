"""The argument `--start-from` of `train`: which run's weights a new one begins with, by which rule."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from explorer import units
from explorer.analysis.growth import GrowthRule, plan_growth
from explorer.analysis.morph import plan_morph
from explorer.arch.spec import NetworkSpec
from explorer.errors import RunError
from explorer.runs.config import KEPT_WEIGHTS, START_RULES, KeptWeights, StartFrom, StartRule
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore


@dataclass(frozen=True, slots=True)
class Start:
    """What was asked for, and a sentence about what it does."""

    start_from: StartFrom
    sentence: str


def add_start(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the argument."""
    rules, weights = ", ".join(START_RULES), " or ".join(KEPT_WEIGHTS)
    parser.add_argument(
        "--start-from",
        metavar="RUN[:RULE][:WEIGHTS]",
        help=f"begin with the weights of a run that is kept. RULE is one of {rules} (default paper: the first four "
        f"convolutions and the last three linear layers); WEIGHTS is {weights} (default best)",
    )


def start_of(text: str, store: RunStore, spec: NetworkSpec) -> Start:
    """The start that `text` asks for, for a run of `spec`. Raises ExplorerError where nothing can be taken over."""
    from explorer.cli.runs import find_run  # it imports `train`, which imports this

    name, rule, weights = _parts(text)
    if ":" in name and not any(run.name == name for run in store.runs()):
        shown = name.rpartition(":")[2]
        raise RunError(f"--start-from: a rule is one of {', '.join(START_RULES)}, and this is “{shown}”.")
    run = find_run(store, name)
    sentence = _sentence_of_edit(run, spec) if rule == "morph" else _sentence(run, spec, rule)
    return Start(StartFrom(run.id, rule, weights), sentence)


def _parts(text: str) -> tuple[str, StartRule, KeptWeights]:
    """The run's name, the rule and the weights in `text`; what is left out takes its default."""
    name, _, last = text.rpartition(":")
    weights = next((known for known in KEPT_WEIGHTS if name and known == last), None)
    text = name if weights else text
    name, _, last = text.rpartition(":")
    rule = next((known for known in START_RULES if name and known == last), None)
    return name if rule else text, rule or "paper", weights or "best"


def _sentence(run: RunRecord, spec: NetworkSpec, rule: GrowthRule) -> str:
    plan = plan_growth(run.spec, spec, rule)
    if not plan.copied:
        raise RunError(
            f"No layer of the run “{run.name}” has the shape that the network needs at its place, so nothing can be "
            "taken over by this rule."
        )
    return (
        f"Starts from run {run.id} “{run.name}”: {units.exact(plan.copied)} numbers are copied, "
        f"{units.exact(plan.random)} begin by chance."
    )


def _sentence_of_edit(run: RunRecord, spec: NetworkSpec) -> str:
    plan = plan_morph(run.spec, spec)
    if plan is not None and not plan.preserves:
        message = f"This network cannot be had from the run “{run.name}” without losing what it learnt."
        raise RunError(f"{message} {plan.reason}")
    edits = plan.sentences if plan else ("Every weight is taken over as it is.",)
    return f"Goes on from run {run.id} “{run.name}”, whose function is kept. {' '.join(edits)}"
