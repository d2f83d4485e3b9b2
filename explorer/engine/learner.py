"""Learner: the network and all that a step changes. It takes steps, measures, and can be put away and set up again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from explorer.arch.spec import NetworkSpec
from explorer.engine.build import build
from explorer.engine.initialise import initialise
from explorer.engine.optimizers import make_optimizer
from explorer.engine.state import MODEL_PREFIX, TrainState
from explorer.engine.training_form import training_form
from explorer.errors import RunError
from explorer.runs.config import PrecisionName, TrainConfig

OPTIMIZER_PREFIX = "optimizer."
RNG_PREFIX = "rng."
_DTYPES = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class StopWished(Exception):  # noqa: N818  not an error
    """A step was left in the middle because the run shall stop; nothing of it remains."""


class Learner:
    """A network on its device with its optimizer; `step` learns from one batch."""

    def __init__(self, spec: NetworkSpec, config: TrainConfig, device: torch.device, precision: PrecisionName) -> None:
        self.device = device
        self._config = config
        self._dtype = _DTYPES[precision]
        self.model = build(spec)
        initialise(self.model, config.init, seed=config.seed)
        self.model.to(device)
        self.model.to(memory_format=torch.channels_last)
        self._forward = training_form(self.model)
        self.optimizer = make_optimizer(config, self.model.parameters(), device)
        self._scaler = torch.amp.GradScaler(device.type, enabled=self._dtype is torch.float16)
        torch.manual_seed(config.seed)

    @property
    def num_parameters(self) -> int:
        """Learnt numbers of the network."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    def begin_with(self, tensors: Mapping[str, Tensor]) -> None:
        """Let the named weights and buffers begin as `tensors`, bit for bit, in place of how they were drawn."""
        own = self.model.state_dict()
        with torch.no_grad():
            for name, value in tensors.items():
                if name not in own or own[name].shape != value.shape:
                    raise RunError(f"The weights {name} to start from do not fit this network.")
                own[name].copy_(value)

    def step(self, images_NCHW: Tensor, labels_N: Tensor, rate: float) -> tuple[Tensor, Tensor]:
        """Learn from one batch; return (mean loss, correct answers) before the update, still on the device."""
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        with self._autocast():
            scores_NK = self._forward(images_NCHW)
            loss = functional.cross_entropy(scores_NK, labels_N, label_smoothing=self._config.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        if self._scaler.is_enabled():
            self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            self._scaler.step(self.optimizer)
            self._scaler.update()
        else:
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        return loss.detach(), (scores_NK.detach().argmax(1) == labels_N).sum()

    def measure(self, images_NCHW: Tensor, labels_N: Tensor) -> tuple[Tensor, Tensor]:
        """(Sum of losses, correct answers) on one batch, without learning; the network must be in `evaluating`.

        On the CPU always in float32: the figure is that of the weights as they are kept and exported.
        """
        with torch.inference_mode(), self._autocast(in_short=self.device.type != "cpu"):
            scores_NK = self.model(images_NCHW)
            loss = functional.cross_entropy(scores_NK.float(), labels_N, reduction="sum")
            return loss, (scores_NK.argmax(1) == labels_N).sum()

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Dropout off and batch norm on its running figures while inside."""
        self.model.eval()
        try:
            yield
        finally:
            self.model.train()

    def capture(self, meta: dict[str, Any]) -> TrainState:
        """Everything here as a state; `meta` is completed. On the CPU the tensors are the living ones: copy to keep."""
        tensors = {MODEL_PREFIX + name: value.detach().cpu() for name, value in self.model.state_dict().items()}
        names = [name for name, _ in self.model.named_parameters()]
        for index, slots in self.optimizer.state_dict()["state"].items():
            for slot, value in slots.items():
                if isinstance(value, Tensor):
                    tensors[f"{OPTIMIZER_PREFIX}{names[index]}:{slot}"] = value.detach().cpu()
        tensors[f"{RNG_PREFIX}cpu"] = torch.get_rng_state()
        if self.device.type == "cuda":
            tensors[f"{RNG_PREFIX}cuda"] = torch.cuda.get_rng_state(self.device)
        return TrainState(tensors, {**meta, "optimizer": self._config.optimizer, "scaler": self._scaler.state_dict()})

    def restore(self, state: TrainState) -> None:
        """Go on from `state`. Raises RunError when it belongs to another network or optimizer."""
        weights = _under(state, MODEL_PREFIX)
        try:
            self.model.load_state_dict(weights)
        except RuntimeError:
            raise RunError("The saved weights belong to another network; start a new run instead.") from None
        if state.meta.get("optimizer") == self._config.optimizer:
            self._restore_optimizer(_under(state, OPTIMIZER_PREFIX))
        if self._scaler.is_enabled() and state.meta.get("scaler"):
            self._scaler.load_state_dict(dict(state.meta["scaler"]))
        torch.set_rng_state(state.tensors[f"{RNG_PREFIX}cpu"].cpu())
        if self.device.type == "cuda" and f"{RNG_PREFIX}cuda" in state.tensors:
            torch.cuda.set_rng_state(state.tensors[f"{RNG_PREFIX}cuda"].cpu(), self.device)

    def _restore_optimizer(self, slots: dict[str, Tensor]) -> None:
        by_index: dict[int, dict[str, Tensor]] = {}
        parameters = {name: parameter.detach() for name, parameter in self.model.named_parameters()}
        names = {name: index for index, name in enumerate(parameters)}
        for key, value in slots.items():
            name, slot = key.rsplit(":", 1)
            # Fused steps read memory in order: a slot must lie in memory as its weight does (channels last).
            like = parameters[name]
            placed = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
            by_index.setdefault(names[name], {})[slot] = placed
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": by_index, "param_groups": groups})

    def _autocast(self, *, in_short: bool = True) -> torch.autocast:
        """The shorter number format, where the run has one and `in_short` asks for it."""
        return torch.autocast(self.device.type, self._dtype, enabled=in_short and self._dtype is not torch.float32)


class StopInside:
    """Lets a slow step be left between two layers, and undoes what it had changed so far.

    For networks whose step takes long: `learner.step` then ends in StopWished as soon as `stopping` says so.
    """

    def __init__(self, learner: Learner, stopping: Callable[[], bool]) -> None:
        self._learner = learner
        self._stopping = stopping
        leaves = [module for module in learner.model.modules() if not list(module.children())]
        self._handles = [leaf.register_forward_hook(self._after_layer) for leaf in leaves]

    @contextmanager
    def undone_on_stop(self) -> Iterator[None]:
        """A step taken inside either happens whole or leaves no trace."""
        buffers = [(buffer, buffer.clone()) for buffer in self._learner.model.buffers()]
        rng = torch.get_rng_state()
        try:
            yield
        except StopWished:
            with torch.no_grad():
                for buffer, before in buffers:
                    buffer.copy_(before)
            torch.set_rng_state(rng)
            raise

    def remove(self) -> None:
        """Take the hooks away."""
        for handle in self._handles:
            handle.remove()

    def _after_layer(self, module: nn.Module, inputs: Any, output: Tensor) -> None:
        del module, inputs
        self._check()
        if output.requires_grad:
            output.register_hook(self._check)  # type: ignore[no-untyped-call]

    def _check(self, grad: Tensor | None = None) -> None:
        del grad
        if self._stopping():
            raise StopWished


def _under(state: TrainState, prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.tensors.items() if name.startswith(prefix)}
