"""The layer table for other programs: CSV with raw numbers, LaTeX with booktabs."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from explorer.analysis.summary import LayerRow, NetworkSummary
from explorer.export.blocks import Table
from explorer.export.layer_table import layer_table, operation

CSV_COLUMNS: Mapping[str, Callable[[LayerRow], object]] = {
    "name": lambda row: row.node.name,
    "part": lambda row: row.node.part,
    "op": lambda row: row.node.op.kind,
    "operation": lambda row: operation(row.node.op),
    "output_shape": lambda row: "x".join(map(str, row.shape)) if row.shape else None,
    "parameters": lambda row: row.params.total if row.params else None,
    "weights": lambda row: row.params.weights if row.params else None,
    "biases": lambda row: row.params.biases if row.params else None,
    "norm": lambda row: row.params.norm if row.params else None,
    "macs": lambda row: row.macs,
    "flops": lambda row: 2 * row.macs if row.macs is not None else None,
    "field_height": lambda row: row.field.vertical.size if row.field else None,
    "field_width": lambda row: row.field.horizontal.size if row.field else None,
    "jump_height": lambda row: row.field.vertical.jump if row.field else None,
    "jump_width": lambda row: row.field.horizontal.jump if row.field else None,
    "start_top": lambda row: row.field.vertical.start if row.field else None,
    "start_left": lambda row: row.field.horizontal.start if row.field else None,
    "activation_bytes": lambda row: row.activation_bytes,
    "saved_bytes": lambda row: row.saved_bytes,
}
"""Column -> its raw value; None is written as an empty cell, never as 0."""


def layers_csv(summary: NetworkSummary) -> str:
    """One line per node in execution order, raw numbers, empty cells where a number is unknown or not reached."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for row in summary.rows:
        writer.writerow(["" if (value := read(row)) is None else value for read in CSV_COLUMNS.values()])
    return out.getvalue()


def layers_latex(summary: NetworkSummary) -> str:
    """A `longtable` with `booktabs` rules; its first lines say which packages it needs."""
    return latex_table(layer_table(summary), label=f"tab:{_label(summary.spec.name)}")


def latex_table(table: Table, *, label: str) -> str:
    """`table` in LaTeX."""
    columns = "".join("l" if column.align == "left" else "r" for column in table.columns)
    head = " & ".join(latex_escape(column.title) for column in table.columns)
    lines = [
        "% \\usepackage{booktabs,longtable}",
        f"\\begin{{longtable}}{{{columns}}}",
        f"\\caption{{{latex_escape(table.caption)}. {latex_escape(table.note)}}}\\label{{{label}}}\\\\",
        "\\toprule",
        f"{head} \\\\",
        "\\midrule",
        "\\endhead",
    ]
    for row in table.rows:
        cells = [latex_escape(cell) for cell in row.cells]
        if row.strong:
            cells = [f"\\textbf{{{cell}}}" if cell else "" for cell in cells]
        lines.append(" & ".join(cells) + " \\\\")
    return "\n".join([*lines, "\\bottomrule", "\\end{longtable}", ""])


_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"$\times$",
    "−": r"$-$",
    "–": "--",
    "·": r"$\cdot$",
    "²": r"\textsuperscript{2}",
    "α": r"$\alpha$",
    "β": r"$\beta$",
    "\u2009": r"\,",
}


def latex_escape(text: str) -> str:
    """`text` so that LaTeX prints it as it stands."""
    return "".join(_LATEX.get(character, character) for character in text)


def _label(name: str) -> str:
    return "".join(character if character.isascii() and character.isalnum() else "-" for character in name)
