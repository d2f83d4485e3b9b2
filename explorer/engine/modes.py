"""Torch's process-wide switches, set for a run and put back afterwards."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from explorer.runs.config import TrainConfig

# Names and numbers of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_KEPT_BYTES = 1 << 30
_GROWN_BY = 64 << 20
_LARGEST_POOLED = 32 << 20


@contextmanager
def training_modes(config: TrainConfig) -> Iterator[None]:
    """Deterministic kernels where `config` asks for them; else the fastest that cuDNN finds."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    benchmark = torch.backends.cudnn.benchmark
    try:
        torch.use_deterministic_algorithms(config.deterministic, warn_only=False)
        torch.backends.cudnn.benchmark = not config.deterministic
        _keep_freed_memory()
        yield
    finally:
        _give_memory_back()
        torch.use_deterministic_algorithms(deterministic)
        torch.backends.cudnn.benchmark = benchmark


def _keep_freed_memory() -> None:
    """Let glibc keep what a step frees for the next one; handing it to the system and back costs 3 to 5 % of a step."""
    libc = _glibc()
    if libc is not None:
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_POOLED)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
        libc.mallopt(_M_TOP_PAD, _GROWN_BY)


def _give_memory_back() -> None:
    """Hand what was kept to the system, once the run is over."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library where it is glibc; None elsewhere."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
