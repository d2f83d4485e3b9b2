"""The architecture report: what a network is, what it costs, what is remarkable, and how it trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from explorer import __version__, units
from explorer.analysis.summary import NetworkSummary, ReceptiveField
from explorer.arch.conv_arch import Notation, can_express, write_blocks
from explorer.export.blocks import (
    Block,
    Code,
    Column,
    Fact,
    Facts,
    Figure,
    Heading,
    Paragraph,
    Remark,
    Report,
    Row,
    Table,
)
from explorer.export.comparison import Compared, comparison_blocks
from explorer.export.curves_svg import HEIGHT, WIDTH, Line, curves_svg
from explorer.export.layer_table import layer_table
from explorer.export.pytorch_code import pytorch_code
from explorer.runs.config import TrainConfig
from explorer.runs.recipe_words import recipe_words


@dataclass(frozen=True, slots=True)
class RunData:
    """One run as a report shows it. Curves are per epoch on the x axis; accuracies are fractions."""

    name: str
    status: str
    config: TrainConfig
    color: int
    train_epochs: Sequence[float]
    train_losses: Sequence[float]
    train_accuracies: Sequence[float]
    evaluation_epochs: Sequence[float]
    evaluation_losses: Sequence[float]
    evaluation_accuracies: Sequence[float]
    elapsed_s: float | None
    environment: tuple[tuple[str, str], ...]


def build_report(
    summary: NetworkSummary,
    *,
    made: datetime,
    diagram: Figure | None = None,
    runs: Sequence[RunData] = (),
    with_code: bool = True,
    compared: Sequence[Compared] = (),
) -> Report:
    """A report on `summary`'s network, with the `runs` that trained it and what it is `compared` with."""
    blocks: list[Block] = []
    blocks += _figures_of(summary)
    if diagram is not None:
        blocks.append(diagram)
    blocks += _conv_arch(summary)
    blocks += [Heading("Layers"), layer_table(summary)]
    blocks += _memory(summary)
    blocks += _findings(summary)
    blocks += _training(runs)
    blocks += comparison_blocks(compared)
    if with_code and summary.is_valid:
        blocks += [Heading("PyTorch code"), Code(pytorch_code(summary), "python")]
    subtitle = f"Architecture report · {made:%Y-%m-%d %H:%M} · Conv-Arch Explorer {__version__}"
    return Report(summary.spec.name, subtitle, tuple(blocks))


def _figures_of(summary: NetworkSummary) -> list[Block]:
    spec, totals = summary.spec, summary.totals
    facts = [
        Fact("Input", units.shape((spec.input.channels, spec.input.height, spec.input.width)), "C × H × W"),
        Fact("Classes", units.exact(spec.num_classes)),
    ]
    if totals is None:
        reason = summary.failure.message if summary.failure else ""
        return [Paragraph(f"This network cannot be computed. {reason}"), Facts(tuple(facts))]
    params = totals.params
    facts += [
        Fact(
            "Parameters",
            units.exact(params.total),
            f"{units.exact(params.weights)} weights, {units.exact(params.biases)} biases, {units.exact(params.norm)} "
            "scale and shift of norms",
        ),
        Fact(
            "MACs", units.exact(totals.macs), "multiply-adds for one picture; convolutions and linear layers, no biases"
        ),
        Fact("FLOPs", units.exact(2 * totals.macs), "2 × MACs"),
        Fact("Receptive field", f"{_field(totals.field)} px", "before the head, height × width where they differ"),
        Fact("Field of the classifier", f"{_field(totals.head_field)} px", "of its first layer, over the whole map"),
        Fact("Weights", units.num_bytes(totals.weight_bytes), "float32, 4 bytes a parameter"),
    ]
    return [Facts(tuple(facts))]


def _field(field: ReceptiveField | None) -> str:
    return units.px(*field.size) if field else units.NONE


def _conv_arch(summary: NetworkSummary) -> list[Block]:
    spec = summary.spec
    notation: Notation = "pairs" if can_express(spec.blocks, "pairs") else "blocks"
    return [Heading("conv_arch"), Code(write_blocks(spec.blocks, notation, input_channels=spec.input.channels))]


def _memory(summary: NetworkSummary) -> list[Block]:
    memory = summary.memory
    if memory is None:
        return []
    rows = [
        ("Parameters", memory.parameters, "float32"),
        ("Gradients", memory.gradients, "one per parameter"),
        ("Optimizer state", memory.optimizer, "SGD with momentum: one copy; Adam: two copies"),
        ("Kept for the backward pass", memory.saved, f"all tensors autograd saves for a batch of {memory.batch_size}"),
        ("Together", memory.total, "without workspaces of the libraries"),
    ]
    facts = tuple(Fact(label, units.num_bytes(size), note) for label, size, note in rows)
    return [Heading("Training memory"), Facts(facts)]


def _findings(summary: NetworkSummary) -> list[Block]:
    if not summary.findings:
        return [Heading("Findings"), Paragraph("Nothing to remark.")]
    remarks = [Remark(finding.severity, finding.title, finding.message) for finding in summary.findings]
    return [Heading("Findings"), *remarks]


def _training(runs: Sequence[RunData]) -> list[Block]:
    if not runs:
        return []
    loss_lines, accuracy_lines = [], []
    for run in runs:
        suffix = f" {run.name}" if len(runs) > 1 else ""
        train, test = f"train{suffix}", f"validation{suffix}"
        percents = [100 * value for value in run.train_accuracies]
        evaluated = [100 * value for value in run.evaluation_accuracies]
        loss_lines.append(Line(train, run.train_epochs, run.train_losses, run.color))
        loss_lines.append(Line(test, run.evaluation_epochs, run.evaluation_losses, run.color, dots=True))
        accuracy_lines.append(Line(train, run.train_epochs, percents, run.color))
        accuracy_lines.append(Line(test, run.evaluation_epochs, evaluated, run.color, dots=True))
    blocks: list[Block] = [
        Heading("Training"),
        _results(runs),
        Figure(curves_svg("Loss (cross-entropy)", "epoch", loss_lines), "Loss over the epochs", WIDTH, HEIGHT),
        Figure(curves_svg("Accuracy (%)", "epoch", accuracy_lines), "Accuracy over the epochs", WIDTH, HEIGHT),
    ]
    for run in runs:
        blocks += [Heading(f"Recipe of {run.name}", 3), _recipe(run.config), *_environment(run)]
    return blocks


def _results(runs: Sequence[RunData]) -> Table:
    columns = (
        Column("Run", "left"),
        Column("Status", "left"),
        Column("Seed"),
        Column("Epochs"),
        Column("Best accuracy"),
        Column("Last loss"),
        Column("Time"),
    )
    rows = [
        Row(
            (
                run.name,
                run.status,
                str(run.config.seed),
                str(run.config.epochs),
                units.percent(max(run.evaluation_accuracies, default=None)),
                units.loss(run.evaluation_losses[-1] if run.evaluation_losses else None),
                units.clock(run.elapsed_s),
            )
        )
        for run in runs
    ]
    note = "Accuracy and loss on the test pictures, a single forward pass each; loss is the mean cross-entropy."
    return Table(columns, tuple(rows), caption="Results", note=note)


def _recipe(config: TrainConfig) -> Facts:
    return Facts(tuple(Fact(label, words) for label, words in recipe_words(config)), "left")


def _environment(run: RunData) -> list[Block]:
    if not run.environment:
        return []
    return [Heading(f"Environment of {run.name}", 3), Facts(tuple(Fact(*pair) for pair in run.environment), "left")]
