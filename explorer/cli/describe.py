"""`describe`: a network's layer table, totals and findings, without loading torch."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from explorer import units
from explorer.analysis.summarize import summarize
from explorer.analysis.summary import Conditions, Failure, Finding, MemoryForecast, NetworkSummary, Totals
from explorer.arch.conv_arch import Notation, can_express, write_blocks
from explorer.cli.arguments import MAX_BATCH, add_network, network, whole
from explorer.cli.plain_table import table_text
from explorer.cli.program import DONE, MENDABLE, PROGRAM

_WIDTH = 110


def add_parser(subparsers: Any) -> None:
    """Add the command's parser to `subparsers`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "describe",
        help="print a network's layer table, totals and findings",
        description="Print a network's layer table, totals and findings. A network that cannot be computed prints "
        "its layers up to the one at fault and ends with status 2.",
        allow_abbrev=False,
    )
    add_network(parser)
    parser.add_argument("--batch", type=whole(1, MAX_BATCH, "A batch size"), default=128, metavar="N",
                        help="images per step in the memory forecast (128)")  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    for name, text in _FORMATS.items():
        form.add_argument(f"--{name}", dest="form", action="store_const", const=name, help=text)


def run(args: argparse.Namespace) -> int:
    """Print the network that `args` name; 2 where it cannot be computed."""
    summary = summarize(network(args), Conditions(batch_size=args.batch))
    print(_WRITERS[args.form or "text"](summary))
    if summary.failure is None:
        return DONE
    sys.stdout.flush()
    print(f"{PROGRAM}: {_why(summary, summary.failure)}", file=sys.stderr)
    return MENDABLE


def _why(summary: NetworkSummary, failure: Failure) -> str:
    """The finding about the failure in one line; it says more than the failure itself."""
    messages = [finding.message for finding in summary.findings if finding.severity == "error"]
    return " ".join(f"{failure.node}: {messages[0] if messages else failure.message}".split())


_FORMATS = {
    "json": "numbers for other programs",
    "csv": "the layer table, raw numbers",
    "markdown": "the layer table for a text",
}


def _as_json(summary: NetworkSummary) -> str:
    from explorer.export.network_json import network_json

    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    return json.dumps(network_json(summary), indent=2, ensure_ascii=plain)


def _as_csv(summary: NetworkSummary) -> str:
    from explorer.export.tables import layers_csv

    return layers_csv(summary).rstrip("\n")


def _as_markdown(summary: NetworkSummary) -> str:
    from explorer.export.layer_table import layer_table
    from explorer.export.markdown import escape, table_markdown

    remarks = [f"- **{finding.severity}** {escape(finding.title)}: {escape(finding.message)}"
               for finding in summary.findings]  # fmt: skip
    return "\n\n".join([f"# {escape(summary.spec.name)}", table_markdown(layer_table(summary)), *remarks])


def _as_text(summary: NetworkSummary) -> str:
    from explorer.export.layer_table import layer_table

    table = layer_table(summary)
    failing = summary.failure.node if summary.failure else ""
    marks = ["✕ cannot be computed" if row.cells[0] == failing else "" for row in table.rows]
    parts = [
        _title(summary),
        table_text(table, marks=marks),
        _figures(summary),
        _wrapped(table.note),
        _remarks(summary),
    ]
    return "\n\n".join(part for part in parts if part)


def _title(summary: NetworkSummary) -> str:
    spec = summary.spec
    notation: Notation = "pairs" if can_express(spec.blocks, "pairs") else "blocks"
    arch = write_blocks(spec.blocks, notation, input_channels=spec.input.channels)
    shape = units.shape((spec.input.channels, spec.input.height, spec.input.width))
    return f"{spec.name}: input {shape}, {spec.num_classes:,} classes\n{arch}"


def _figures(summary: NetworkSummary) -> str:
    if summary.totals is None or summary.memory is None:
        return "Totals appear when the network is whole."
    rows = [*_total_figures(summary.totals), _memory_figure(summary.memory)]
    width = max(len(label) for label, _ in rows)
    lines = [_wrapped(f"{label:<{width}}  {figure}".replace(units.THIN, "\u00a0"), after=" " * (width + 2))
             for label, figure in rows]  # fmt: skip
    return "\n".join(lines).replace("\u00a0", " ")


def _total_figures(totals: Totals) -> list[tuple[str, str]]:
    count = totals.params
    kinds = [f"{units.exact(count.weights)} weights", f"{units.exact(count.biases)} biases"]
    kinds += [f"{units.exact(count.norm)} of batch norm"] if count.norm else []
    field = units.px(*(totals.field.size if totals.field else (None, None)))
    head = units.px(*(totals.head_field.size if totals.head_field else (None, None)))
    in_float32 = units.num_bytes(totals.weight_bytes)
    return [
        ("Parameters", f"{units.exact(count.total)} = {' + '.join(kinds)} ({in_float32} in float32)"),
        ("MACs", f"{units.exact(totals.macs)} ({units.si(totals.macs)}MACs, {units.si(2 * totals.macs)}FLOPs)"),
        ("Receptive field", f"{field} px before the head, {head} px in the head's first layer"),
        ("Activations", f"{units.num_bytes(totals.activation_bytes)} an image, all outputs in float32"),
    ]


def _memory_figure(memory: MemoryForecast) -> tuple[str, str]:
    parts = (
        (memory.parameters, "parameters"),
        (memory.gradients, "gradients"),
        (memory.optimizer, "optimizer (SGD with momentum)"),
        (memory.saved, "kept for backward"),
    )
    listed = " + ".join(f"{units.num_bytes(size)} {what}" for size, what in parts)
    return "Training memory", f"{units.num_bytes(memory.total)} with batch {memory.batch_size:,}: {listed}"


def _remarks(summary: NetworkSummary) -> str:
    if not summary.findings:
        return "" if summary.failure else "Findings: nothing to remark."
    lines = ["Findings"]
    for finding in summary.findings:
        message = f"{finding.severity:<8} {finding.title}: {finding.message}".replace(units.THIN, " ")
        lines.append(_wrapped(message, indent="  ", after=" " * 11))
        if finding.fixes:
            lines.append(_wrapped(_fixes(finding), indent=" " * 11 + "→ "))
    return "\n".join(lines)


def _fixes(finding: Finding) -> str:
    """The fixes' labels, each with what it does to the number of parameters."""
    deltas = [f" ({units.delta(fix.params_delta)} parameters)" if fix.params_delta else "" for fix in finding.fixes]
    return " · ".join(f"{fix.label}{delta}" for fix, delta in zip(finding.fixes, deltas, strict=True)).replace(
        units.THIN, " "
    )


def _wrapped(text: str, indent: str = "", after: str | None = None) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent if after is None else after,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


_WRITERS: Mapping[str, Callable[[NetworkSummary], str]] = {
    "text": _as_text,
    "json": _as_json,
    "csv": _as_csv,
    "markdown": _as_markdown,
}
