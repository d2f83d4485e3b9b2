"""A network's numbers as JSON, for other programs. The layout is a promise; `describe --json` prints it.

The object has
- `name`, `input` [channels, height, width], `classes`, `batch_size`, `valid`;
- `blocks`: one object per block: `name` ("block1", ...), `kind` ("vgg", "conv", "inception" or "residual"), `title`,
  `input_shape` and `output_shape`, `parameters` and `macs` as below, and `units`, empty without branches: one object
  per merge with `paths`, each {`path`, `words` (as in "1 × 1, 3 × 3" or "identity"), `is_shortcut`, `output_shape`,
  `parameters`, `macs`};
- `nodes`: one object per operation in execution order: `name`; `op`; `part` ("input", "block1", ..., "head"); `path`,
  the number of its branch from 1, 0 on the trunk; `module`, its name in the torch module; `inputs`, the names of the
  nodes it reads; `output_shape` [channels, height, width] or [features]; `parameters` {`weights`, `biases`, `norm`,
  `total`}; `macs` (1 multiply-add of a convolution or a linear layer = 1, biases not counted) and `flops` (2 × MACs);
  `receptive_field`, `jump`, `start` and `centre`, each [vertical, horizontal] in input pixels (size of what a unit
  sees, distance between neighbouring units, first pixel that unit 0 sees, middle of what it sees); `activation_bytes`
  (the float32 output of one image) and `saved_bytes` (what autograd newly keeps of the node for one image). A number
  that is unknown or not reached is null, never 0;
- `totals`: `parameters` as above, `macs`, `flops`, `receptive_field` before the head and `head_receptive_field` of the
  classifier's first layer, `weight_bytes`, `activation_bytes`, `saved_bytes`; null where the network is not whole;
- `memory`: bytes of one training step in float32 with `batch_size`: `parameters`, `gradients`, `optimizer` (SGD with
  momentum), `saved`, `total`; null as above;
- `failure`: {`node`, `message`, `attempted_shape`} or null;
- `findings`: {`code`, `severity` ("error", "warning" or "hint"), `node`, `title`, `message`, `fixes`}; a fix is
  {`label`, `parameters_delta`}, the latter null where either network has no totals or the network stays as it is.
"""

from __future__ import annotations

from typing import Any

from explorer.analysis.paths import PathSummary, unit_summaries
from explorer.analysis.summary import (
    Failure,
    Finding,
    LayerRow,
    MemoryForecast,
    NetworkSummary,
    ParamCount,
    Shape,
    Totals,
)
from explorer.arch.blocks import BLOCKS
from explorer.arch.graph import block_part
from explorer.export.layer_table import block_words


def network_json(summary: NetworkSummary) -> dict[str, Any]:
    """The JSON object of `summary`, as the module describes it."""
    spec = summary.spec
    return {
        "name": spec.name,
        "input": [spec.input.channels, spec.input.height, spec.input.width],
        "classes": spec.num_classes,
        "batch_size": summary.conditions.batch_size,
        "valid": summary.is_valid,
        "blocks": [_block(summary, index) for index in range(len(spec.blocks))],
        "nodes": [_node(row) for row in summary.rows],
        "totals": _totals(summary.totals) if summary.totals else None,
        "memory": _memory(summary.memory) if summary.memory else None,
        "failure": _failure(summary.failure) if summary.failure else None,
        "findings": [_finding(finding) for finding in summary.findings],
    }


def _block(summary: NetworkSummary, index: int) -> dict[str, Any]:
    name, block = block_part(index), summary.spec.blocks[index]
    part = summary.by_part[name]
    return {
        "name": name,
        "kind": next(kind for kind, block_type in BLOCKS.items() if isinstance(block, block_type)),
        "title": block_words(block),
        "input_shape": _shape(part.shape_in),
        "output_shape": _shape(part.shape_out),
        "parameters": _parameters(part.params) if part.params is not None else None,
        "macs": part.macs,
        "units": [{"paths": [_path(path) for path in unit.paths]} for unit in unit_summaries(summary, name)],
    }


def _path(path: PathSummary) -> dict[str, Any]:
    return {
        "path": path.number,
        "words": path.words,
        "is_shortcut": path.is_shortcut,
        "output_shape": _shape(path.shape_out),
        "parameters": _parameters(path.params) if path.params is not None else None,
        "macs": path.macs,
    }


def _shape(shape: Shape | None) -> list[int] | None:
    return None if shape is None else list(shape)


def _node(row: LayerRow) -> dict[str, Any]:
    field = row.field
    axes = (field.vertical, field.horizontal) if field else ()
    return {
        "name": row.node.name,
        "op": row.node.op.kind,
        "part": row.node.part,
        "path": row.node.path,
        "module": row.node.module,
        "inputs": list(row.node.inputs),
        "output_shape": _shape(row.shape),
        "parameters": _parameters(row.params) if row.params is not None else None,
        "macs": row.macs,
        "flops": _flops(row.macs),
        "receptive_field": [axis.size for axis in axes] or None,
        "jump": [axis.jump for axis in axes] or None,
        "start": [axis.start for axis in axes] or None,
        "centre": [axis.centre() for axis in axes] or None,
        "activation_bytes": row.activation_bytes,
        "saved_bytes": row.saved_bytes,
    }


def _parameters(count: ParamCount) -> dict[str, int]:
    return {"weights": count.weights, "biases": count.biases, "norm": count.norm, "total": count.total}


def _flops(macs: int | None) -> int | None:
    return None if macs is None else 2 * macs


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "parameters": _parameters(totals.params),
        "macs": totals.macs,
        "flops": _flops(totals.macs),
        "receptive_field": list(totals.field.size) if totals.field else None,
        "head_receptive_field": list(totals.head_field.size) if totals.head_field else None,
        "weight_bytes": totals.weight_bytes,
        "activation_bytes": totals.activation_bytes,
        "saved_bytes": totals.saved_bytes,
    }


def _memory(memory: MemoryForecast) -> dict[str, int]:
    return {
        "parameters": memory.parameters,
        "gradients": memory.gradients,
        "optimizer": memory.optimizer,
        "saved": memory.saved,
        "total": memory.total,
    }


def _failure(failure: Failure) -> dict[str, Any]:
    attempted = list(failure.attempted) if failure.attempted is not None else None
    return {"node": failure.node, "message": failure.message, "attempted_shape": attempted}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "node": finding.node,
        "title": finding.title,
        "message": finding.message,
        "fixes": [{"label": fix.label, "parameters_delta": fix.params_delta} for fix in finding.fixes],
    }
