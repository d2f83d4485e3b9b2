"""Torch's process-wide switches, set for a run and put back afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from explorer.runs.config import TrainConfig


@contextmanager
def training_modes(config: TrainConfig) -> Iterator[None]:
    """Deterministic kernels where `config` asks for them; else the fastest that cuDNN finds."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    benchmark = torch.backends.cudnn.benchmark
    try:
        torch.use_deterministic_algorithms(config.deterministic, warn_only=False)
        torch.backends.cudnn.benchmark = not config.deterministic
        yield
    finally:
        torch.use_deterministic_algorithms(deterministic)
        torch.backends.cudnn.benchmark = benchmark
