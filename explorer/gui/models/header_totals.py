"""The five totals of the header as words: caption, figure, condition, and the exact figure with its convention."""

from __future__ import annotations

from typing import NamedTuple

from explorer.analysis.summary import NetworkSummary
from explorer.units import NONE, exact, num_bytes, px, si


class Total(NamedTuple):
    """One total: `value` in strong, `note` (unit or condition) beside it, `tip` on hover."""

    caption: str
    value: str
    note: str
    tip: str


CAPTIONS = ("Parameters", "MACs per image", "Receptive field", "Training memory", "Weights")
_UNKNOWN = "Known when the network is whole."


def header_totals(summary: NetworkSummary) -> tuple[Total, ...]:
    """The totals of `summary`; en dashes where the network cannot be computed."""
    totals = summary.totals
    if totals is None:
        return tuple(Total(caption, NONE, "", _UNKNOWN) for caption in CAPTIONS)
    params = totals.params
    parts = f"{exact(params.weights)} weights, {exact(params.biases)} biases, {exact(params.norm)} of norms"
    return (
        Total(CAPTIONS[0], figure(params.total), "", f"{exact(params.total)} parameters\n{parts}"),
        Total(
            CAPTIONS[1],
            figure(totals.macs),
            "",
            f"{exact(totals.macs)} MACs = {exact(2 * totals.macs)} FLOPs for one picture\n"
            "1 MAC = 1 multiply-add, of convolutions and linear layers",
        ),
        _field(summary),
        _memory(summary),
        Total(CAPTIONS[4], num_bytes(totals.weight_bytes), "", f"{exact(totals.weight_bytes)} bytes in float32"),
    )


def figure(value: int) -> str:
    """`2.73 M`, `15.47 G`: two decimals at most."""
    text = si(value)
    return si(value, significant=3) if text[1:2] == "." else text


def _field(summary: NetworkSummary) -> Total:
    totals = summary.totals
    picture = summary.spec.input
    side = px(picture.height, picture.width)
    if totals is None or totals.field is None:
        tip = "A unit of the last map has no single place in the picture."
        return Total(CAPTIONS[2], NONE, f"of {side}", tip)
    size = px(*totals.field.size)
    head = f"\nThe head's first layer sees {px(*totals.head_field.size)} px." if totals.head_field else ""
    tip = f"A unit before the head sees {size} px of a picture of {side} px, padding included.{head}"
    return Total(CAPTIONS[2], f"{size} px", f"of {side}", tip)


def _memory(summary: NetworkSummary) -> Total:
    memory = summary.training_memory
    if memory is None:
        return Total(CAPTIONS[3], NONE, "", _UNKNOWN)
    tip = (
        f"{exact(memory.total)} bytes in {memory.precision} for one step with batch {memory.batch_size}:\n"
        f"parameters {num_bytes(memory.parameters)}, gradients {num_bytes(memory.gradients)}, "
        f"optimizer {num_bytes(memory.optimizer)},\nkept for the backward pass {num_bytes(memory.saved)}"
    )
    note = f"batch {memory.batch_size}"
    if memory.weight_copies:
        tip += f", {memory.precision} copies of the weights {num_bytes(memory.weight_copies)}"
        note += f", {memory.precision}"
    return Total(CAPTIONS[3], num_bytes(memory.total), note, tip)
