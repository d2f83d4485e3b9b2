"""`train`: train a network without a window; the run is kept and can be continued, compared and reported on."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from explorer.analysis.summarize import summarize
from explorer.arch.lookup import names_file
from explorer.arch.presets import is_preset
from explorer.arch.spec import NetworkSpec
from explorer.cli.arguments import add_network, network, whole
from explorer.cli.recipe_arguments import add_recipe, config_of, recipe_of_arguments
from explorer.cli.run_output import show
from explorer.cli.start_argument import add_start, start_of
from explorer.errors import ConfigError, DataError, ExplorerError
from explorer.runs.config import DataConfig, TrainConfig
from explorer.runs.control import RunControl
from explorer.runs.datasets import info_of, locate
from explorer.runs.places import default_store_folder
from explorer.runs.sides import check_sides
from explorer.runs.store import RunStore
from explorer.runtime_env import prepare_environment


def add_parser(subparsers: Any) -> None:
    """Add the command's parser to `subparsers`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "train",
        help="train a network without a window",
        description="Train a network; every epoch prints a line. Ctrl-C stops in order and keeps the result "
        "(status 130), a second one leaves at once. The run can be continued with: runs resume.",
        allow_abbrev=False,
    )
    add_network(parser)
    add_recipe(parser)
    add_start(parser)
    parser.add_argument("--name", metavar="NAME", help="the run's name (default: the network's)")
    parser.add_argument("--note", default="", metavar="TEXT", help="a note to keep with the run")
    add_run_output(parser)


def add_run_output(parser: argparse.ArgumentParser) -> None:
    """Give `parser` what every command that trains has: threads, place and form of output."""
    parser.add_argument("--threads", type=whole(1, 4096, "A number of threads"), metavar="N", help="CPU threads to use")
    parser.add_argument("--store", metavar="FOLDER", help="where runs are kept (default: CONV_ARCH_HOME, or your data)")
    parser.add_argument("--json", action="store_true", help="one event a line, for other programs")


def run(args: argparse.Namespace) -> int:
    """Train the network that `args` name; the exit status says how it ended."""
    spec = network(args)
    config = config_of(args, spec)
    spec = _with_dropout(_fitted(spec, args, config.data), recipe_of_arguments(args).dropout)
    _check(spec)
    _check_sides(spec, config)
    _find_pictures(config.data, download=args.download)
    control = RunControl()
    with open_store(args.store) as store:
        for notice in store.notices:
            print(notice, file=sys.stderr)
        if args.start_from:
            start = start_of(args.start_from, store, spec)
            config = replace(config, start_from=start.start_from)
            print(start.sentence, file=sys.stderr)
        prepare_torch(args.threads)
        from explorer.engine.runner import run_recorded

        events = run_recorded(store, spec, config, control, name=args.name, note=args.note)
        return show(events, control, as_json=args.json)


def open_store(folder: str | None) -> RunStore:
    """The run store in `folder`, or in the usual place. Raises ExplorerError."""
    return RunStore(Path(folder).expanduser() if folder else default_store_folder())


def prepare_torch(num_threads: int | None) -> None:
    """Set what torch reads when it is loaded, the number of its threads among it."""
    if num_threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(num_threads)
    prepare_environment()


def _fitted(spec: NetworkSpec, args: argparse.Namespace, data: DataConfig) -> NetworkSpec:
    """`spec` with the data's number of classes, unless a number was asked for or a file fixes it."""
    num_classes = info_of(data.name).num_classes
    is_file = not is_preset(args.network) and names_file(args.network)
    if args.classes is not None or is_file or not num_classes:
        return spec
    return replace(spec, num_classes=num_classes)


def _check(spec: NetworkSpec) -> None:
    """Refuse a network that cannot be computed before anything heavy is loaded."""
    failure = summarize(spec).failure
    if failure is not None:
        raise ExplorerError(f"{failure.node}: {failure.message}")


def _check_sides(spec: NetworkSpec, config: TrainConfig) -> None:
    """Refuse sides that are too small for the network, where the size of the pictures is known beforehand."""
    side = info_of(config.data.name).side
    if side:
        try:
            check_sides(config, spec.input, (side, side))
        except ConfigError as error:
            raise ExplorerError(f"--{error.path.replace('_', '-')}: {error}") from error


def _with_dropout(spec: NetworkSpec, dropout: float | None) -> NetworkSpec:
    """`spec` with the dropout that a recipe asks for, where its head has hidden layers to drop values of."""
    if dropout is None or not spec.head.hidden:
        return spec
    return replace(spec, head=replace(spec.head, dropout=dropout))


def _find_pictures(data: DataConfig, *, download: bool) -> None:
    """See that the pictures are there, or fetch them where that was asked for. Raises DataError."""
    try:
        locate(data.name, data.folder)
    except DataError as error:
        if download:
            from explorer.engine.download import fetch

            fetch(data.name, data.folder)
        elif info_of(data.name).can_download and not data.folder:
            raise DataError(f"{error} Or add --download.") from error
        else:
            raise
