"""Arguments that several commands share: which network, and whole numbers with a sentence of their own."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from explorer.arch.limits import MAX_CLASSES
from explorer.arch.lookup import adapted, parse_input, resolve
from explorer.arch.spec import NetworkSpec
from explorer.cli.pasted import is_text_source, print_notes, read_text

_WHOLE = re.compile(r"[-+]?\d{1,18}")
MAX_BATCH = 1_000_000


def add_network(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the arguments that say which network is meant."""
    parser.add_argument(
        "network",
        metavar="NAME|FILE|TEXT",
        help="a preset's name, an .arch.json file, a conv_arch such as '((1, 64), (1, 128))', "
        "a .py, .ipynb or .txt file that makes a network, or - for such a text from the standard input",
    )
    parser.add_argument("--input", metavar="CxHxW", help="another input, as in 3x224x224 (channels x height x width)")
    parser.add_argument("--classes", type=whole(1, MAX_CLASSES, "A number of classes"), metavar="N",
                        help="another number of classes")  # fmt: skip
    parser.add_argument("--ratio", type=ratio, metavar="R", help="divide every block's channels by R")


def network(args: argparse.Namespace) -> NetworkSpec:
    """The network that the arguments of `add_network` mean. Raises ExplorerError."""
    if is_text_source(args.network):
        from explorer.importing.read import import_text

        imported = import_text(read_text(args.network))
        print_notes(imported, args.network)
        shape = parse_input(args.input) if args.input is not None else None
        return adapted(imported.spec, shape, num_classes=args.classes, ratio=args.ratio)
    return resolve(args.network, input_text=args.input, num_classes=args.classes, ratio=args.ratio)


def whole(low: int, high: int, what: str) -> Callable[[str], int]:
    """A reader of whole numbers from `low` to `high`; its sentences begin with `what`."""

    def read(text: str) -> int:
        if not _WHOLE.fullmatch(text.strip()):
            raise argparse.ArgumentTypeError(f'{what} is a whole number, and this is "{text[:40]}".')
        value = int(text)
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{what} is from {low:,} to {high:,}, and this is {value:,}.")
        return value

    return read


def ratio(text: str) -> float:
    """The width ratio that `text` writes."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        message = f'A width ratio is a number above 0, as in 4 for four times narrower, and this is "{text[:40]}".'
        raise argparse.ArgumentTypeError(message)
    return value
