"""`runs`: the runs that are kept: list, show, rename, note, delete, duplicate, resume, export."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from explorer import units
from explorer.arch.conv_arch import write_blocks
from explorer.arch.files import write_spec
from explorer.atomic import write_atomically
from explorer.cli.arguments import whole
from explorer.cli.plain_table import table_text
from explorer.cli.program import DONE
from explorer.cli.run_output import show as show_run
from explorer.cli.train import add_run_output, open_store, prepare_torch
from explorer.errors import ExplorerError, RunError
from explorer.export.blocks import Column, Row, Table
from explorer.runs.config import DEVICES, TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.event_rows import event_to_json
from explorer.runs.history import History
from explorer.runs.recipe_words import recipe_words
from explorer.runs.record import RunRecord
from explorer.runs.store import RunStore

_COLUMNS = (
    Column("Run"), Column("Name", "left"), Column("Data", "left"), Column("Best"), Column("Test loss"),
    Column("Parameters"), Column("Epochs"), Column("Time"), Column("Status", "left"), Column("Begun", "left"),
)  # fmt: skip


def add_parser(subparsers: Any) -> None:
    """Add the command's parser to `subparsers`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "runs",
        help="list, show, change, continue and export the runs that are kept",
        description="The runs that are kept. RUN is a run's number, its name, or “last”.",
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    for name, action in _ACTIONS.items():
        actions_parser = actions.add_parser(name, help=action.help, description=action.help, allow_abbrev=False)
        action.add_arguments(actions_parser)
        if name != "resume":  # it has them with the other things of a training command
            actions_parser.add_argument("--store", metavar="FOLDER", help="where runs are kept")


def run(args: argparse.Namespace) -> int:
    """Do what `args` ask for; the exit status."""
    with open_store(args.store) as store:
        for notice in store.notices:
            print(notice, file=sys.stderr)
        return _ACTIONS[args.action].do(store, args)


class _Action:
    """One word after `runs`: its help, its arguments, and what it does."""

    def __init__(
        self,
        help: str,  # noqa: A002  argparse's own word
        do: Callable[[RunStore, argparse.Namespace], int],
        *add_arguments: Callable[[argparse.ArgumentParser], Any],
    ) -> None:
        self.help = help
        self.do = do
        self._add_arguments = add_arguments

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Give `parser` this action's arguments."""
        for add in self._add_arguments:
            add(parser)


def find_run(store: RunStore, text: str) -> RunRecord:
    """The run that a number, a name or “last” means. Raises RunError."""
    runs = store.runs()
    if not runs:
        raise RunError(f"There are no runs in {store.path} yet. Begin one with: train")
    if text == "last":
        return runs[-1]
    named = [run for run in runs if run.name == text]
    numbered = [run for run in runs if str(run.id) == text]
    found = numbered or named
    if len(found) > 1:
        numbers = ", ".join(str(run.id) for run in found)
        raise RunError(f"Several runs are called “{text}”: {numbers}. Say which by its number.")
    if not found:
        raise RunError(f"There is no run “{text}” in {store.path}. The list is printed by: runs list")
    return found[0]


def _list(store: RunStore, args: argparse.Namespace) -> int:
    store.mark_interrupted()
    runs = store.runs()
    if args.json:
        losses = store.test_losses()
        print(json.dumps([_as_json(run, losses.get(run.id)) for run in runs], indent=2))
    elif runs:
        losses = store.test_losses()
        print(table_text(Table(_COLUMNS, tuple(Row(_cells(run, losses.get(run.id))) for run in runs))))
    else:
        print(f"No runs yet. They are kept in {store.path}, with everything needed to repeat them.")
    return DONE


def _cells(run: RunRecord, test_loss: float | None) -> tuple[str, ...]:
    config = _config_of(run)
    epochs = f"{run.last_epoch} of {config.epochs}" if config else str(run.last_epoch)
    return (
        str(run.id),
        run.name,
        config.data.name if config else units.NONE,
        units.percent(run.best_accuracy),
        units.loss(test_loss),
        units.exact(run.num_parameters),
        epochs,
        units.clock(run.elapsed_s),
        run.status,
        time.strftime("%Y-%m-%d %H:%M", time.localtime(run.created_s)),
    )


def _config_of(run: RunRecord) -> TrainConfig | None:
    try:
        return run.config
    except ExplorerError:  # of a newer version
        return None


def _as_json(run: RunRecord, test_loss: float | None) -> dict[str, Any]:
    return {
        "id": run.id, "name": run.name, "note": run.note, "status": run.status, "message": run.message,
        "created_s": run.created_s, "folder": str(run.folder), "parent": run.parent_id, "seed": run.seed,
        "device": run.device, "precision": run.precision, "data_fingerprint": run.data_fingerprint,
        "versions": dict(run.versions), "parameters": run.num_parameters, "steps": run.num_steps,
        "best_accuracy": run.best_accuracy, "test_loss": test_loss, "last_loss": run.last_loss,
        "last_epoch": run.last_epoch, "last_step": run.last_step, "elapsed_s": run.elapsed_s,
        "network": json.loads(run.spec_json), "config": json.loads(run.config_json),
    }  # fmt: skip


def _show(store: RunStore, args: argparse.Namespace) -> int:
    run = find_run(store, args.run)
    if args.json:
        print(json.dumps(_as_json(run, store.test_losses(run.id).get(run.id)), indent=2))
        return DONE
    history = History(store.events(run.id))
    facts, recipe = _facts(store, run), recipe_words(run.config)
    width = max(len(label) for label, _ in (*facts, *recipe))
    for group in (facts, recipe):
        lines = [f"{label:<{width}}  {text}".replace(units.THIN, " ") for label, text in group if text]
        print("\n".join(lines), end="\n\n")
    if len(history.eval_steps):
        print(_evaluations(history))
    return DONE


def _facts(store: RunStore, run: RunRecord) -> list[tuple[str, str]]:
    kept = store.latest_checkpoint(run.id)
    spec = run.spec
    shape = units.shape((spec.input.channels, spec.input.height, spec.input.width))
    return [
        ("Run", f"{run.id} “{run.name}”"),
        ("Note", run.note),
        ("Status", f"{run.status}{': ' if run.message else ''}{run.message}"),
        ("Begun", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.created_s))),
        ("Network", f"{spec.name}: input {shape}, {spec.num_classes:,} classes"),
        ("", write_blocks(spec.blocks, "blocks", input_channels=spec.input.channels)),
        ("Parameters", units.exact(run.num_parameters)),
        ("Best accuracy", units.percent(run.best_accuracy)),
        ("Done", f"epoch {run.last_epoch}, step {run.last_step:,} of {units.exact(run.num_steps)}"),
        ("Time", units.clock(run.elapsed_s)),
        ("Computed on", f"{run.device} {run.precision}".strip()),
        ("Versions", ", ".join(f"{name} {version}" for name, version in run.versions.items())),
        ("Data", run.data_fingerprint and f"SHA-256 {run.data_fingerprint}"),
        ("Folder", str(run.folder)),
        ("Checkpoint", f"step {kept.step:,}, verified" if kept else "none"),
        ("Continues", f"run {run.parent_id}" if run.parent_id else ""),
    ]  # fmt: skip


def _evaluations(history: History) -> str:
    columns = (Column("Epoch"), Column("Step"), Column("Test loss"), Column("Test accuracy"), Column("Time"))
    curves = (history.eval_epochs, history.eval_steps, history.eval_losses, history.eval_accuracies, history.eval_times)
    rows = [
        Row((str(epoch), units.exact(step), units.loss(loss), units.percent(accuracy), units.clock(seconds)))
        for epoch, step, loss, accuracy, seconds in zip(*curves, strict=True)
    ]
    return table_text(Table(columns, tuple(rows)))


def _rename(store: RunStore, args: argparse.Namespace) -> int:
    store.rename(find_run(store, args.run).id, args.name)
    return DONE


def _note(store: RunStore, args: argparse.Namespace) -> int:
    store.annotate(find_run(store, args.run).id, args.text)
    return DONE


def _delete(store: RunStore, args: argparse.Namespace) -> int:
    for run in [find_run(store, text) for text in args.runs]:
        store.delete(run.id)
        print(f"Deleted run {run.id} “{run.name}” with its weights.")
    return DONE


def _duplicate(store: RunStore, args: argparse.Namespace) -> int:
    copy = store.duplicate(find_run(store, args.run).id)
    print(f"Run {copy.id} “{copy.name}” has the same settings. Begin it with: runs resume {copy.id}")
    return DONE


def _resume(store: RunStore, args: argparse.Namespace) -> int:
    record = find_run(store, args.run)
    changed = {"epochs": args.epochs, "learning_rate": args.lr, "device": args.device}
    given = {name: value for name, value in changed.items() if value is not None}
    config: TrainConfig | None = replace(record.config, **given) if given else None
    if args.data_folder is not None:
        config = config or record.config
        config = replace(config, data=replace(config.data, folder=args.data_folder))
    prepare_torch(args.threads)
    from explorer.engine.runner import run_recorded

    control = RunControl()
    events = run_recorded(store, None, config, control, resume_run=record.id)
    return show_run(events, control, as_json=args.json)


def _export(store: RunStore, args: argparse.Namespace) -> int:
    record = find_run(store, args.run)
    wanted = [(kind, Path(path)) for kind, path in ((kind, getattr(args, kind)) for kind in _EXPORTS) if path]
    if not wanted:
        raise RunError(f"Say what to export: {', '.join(f'--{kind} FILE' for kind in _EXPORTS)}.")
    for kind, path in wanted:
        _EXPORTS[kind][1](store, record, path)
        print(f"Wrote {path}")
    return DONE


def _export_curves(store: RunStore, run: RunRecord, path: Path) -> None:
    history = History(store.events(run.id))
    tested = {
        step: (loss, accuracy)
        for step, loss, accuracy in zip(history.eval_steps, history.eval_losses, history.eval_accuracies, strict=True)
    }
    rows: list[Sequence[Any]] = [
        ("step", "epoch", "train_loss", "train_accuracy", "learning_rate", "images_per_s", "elapsed_s", "test_loss",
         "test_accuracy")
    ]  # fmt: skip
    columns = (history.steps, history.epochs, history.losses, history.accuracies, history.learning_rates,
               history.images_per_s, history.times)  # fmt: skip
    rows += [(*row, *tested.get(row[0], ("", ""))) for row in zip(*columns, strict=True)]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_atomically(path, text.getvalue().encode())


def _export_events(store: RunStore, run: RunRecord, path: Path) -> None:
    lines = (json.dumps(event_to_json(event)) for event in store.events(run.id))
    write_atomically(path, "".join(f"{line}\n" for line in lines).encode())


def _export_weights(store: RunStore, run: RunRecord, path: Path) -> None:
    prepare_torch(None)
    from explorer.engine.checkpoint import write_weights
    from explorer.engine.runner import weights

    write_weights(path, weights(store, run.id))


def _export_network(_store: RunStore, run: RunRecord, path: Path) -> None:
    write_spec(path, run.spec)


_EXPORTS: Mapping[str, tuple[str, Callable[[RunStore, RunRecord, Path], None]]] = {
    "curves": ("each step and evaluation as CSV", _export_curves),
    "events": ("every event, one JSON object a line", _export_events),
    "weights": ("the best weights as safetensors, under torchvision's names", _export_weights),
    "network": ("the network as .arch.json", _export_network),
}


def _run_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN", help="a run's number, its name, or “last”")


def _json_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for other programs")


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    for kind, (text, _) in _EXPORTS.items():
        parser.add_argument(f"--{kind}", metavar="FILE", help=text)


def _resume_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--epochs", type=whole(1, 100_000, "A number of epochs"), metavar="N", help="go on to epoch N")
    parser.add_argument("--lr", type=float, metavar="X", help="go on with another learning rate")
    parser.add_argument("--device", choices=DEVICES, help="go on elsewhere")
    parser.add_argument("--data-folder", metavar="FOLDER", help="where the pictures lie by now")
    add_run_output(parser)


_ACTIONS: Mapping[str, _Action] = {
    "list": _Action("print the runs that are kept", _list, _json_argument),
    "show": _Action("print everything about a run", _show, _run_argument, _json_argument),
    "rename": _Action(
        "give a run another name", _rename, _run_argument, lambda parser: parser.add_argument("name", metavar="NAME")
    ),
    "note": _Action(
        "replace a run's note", _note, _run_argument, lambda parser: parser.add_argument("text", metavar="TEXT")
    ),
    "delete": _Action(
        "delete runs and their weights for good",
        _delete,
        lambda parser: parser.add_argument("runs", metavar="RUN", nargs="+", help="numbers or names"),
    ),
    "duplicate": _Action("make a new run with a run's settings", _duplicate, _run_argument),
    "resume": _Action("continue a run from its last checkpoint", _resume, _run_argument, _resume_arguments),
    "export": _Action("write a run's curves, events, weights or network", _export, _run_argument, _export_arguments),
}
