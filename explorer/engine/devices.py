"""Choosing and describing the device: what there is, what it has free, which number formats are worth using on it."""

from __future__ import annotations

import os
import platform
import statistics
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil
import torch
from torch import nn

from explorer.errors import ConfigError
from explorer.runs.config import DeviceName, PrecisionName

_TITLES = {"cpu": "CPU", "cuda": "CUDA", "mps": "Metal"}
_CAPABILITIES = {"AVX2": "AVX2", "AVX512": "AVX-512", "NEON": "NEON", "SVE256": "SVE"}


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One device: its name in a configuration, what it is, its memory in bytes, the formats it computes in.

    `auto_precision` is the one that "auto" takes.
    """

    name: DeviceName
    title: str
    description: str
    total_bytes: int
    free_bytes: int
    precisions: tuple[PrecisionName, ...]
    auto_precision: PrecisionName


def list_devices() -> tuple[DeviceInfo, ...]:
    """Every device of this computer, the one that "auto" takes first."""
    names = [name for name in ("cuda", "mps") if _is_there(name)]
    return tuple(describe_device(torch.device(name)) for name in (*names, "cpu"))


def choose_device(name: DeviceName) -> torch.device:
    """The device for `name`; "auto" is CUDA, else Metal, else the CPU. Raises ConfigError for one that is not there."""
    if name == "auto":
        return torch.device(next((found for found in ("cuda", "mps") if _is_there(found)), "cpu"))
    if not _is_there(name):
        raise ConfigError(
            f"This computer has no {_TITLES[name]} device that PyTorch can use; run on Auto.", path="device"
        )
    return torch.device(name)


def describe_device(device: torch.device) -> DeviceInfo:
    """What is known of `device` at this moment."""
    total, free = memory_of(device)
    name: DeviceName = "cuda" if device.type == "cuda" else "mps" if device.type == "mps" else "cpu"
    offered, auto = supported_precisions(device), choose_precision("auto", device)
    return DeviceInfo(name, _TITLES[name], device_description(device), total, free, offered, auto)


def memory_of(device: torch.device) -> tuple[int, int]:
    """(total, free) bytes. On CUDA what torch keeps for itself counts as free; on the rest the computer's memory."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return total, free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    memory = psutil.virtual_memory()
    limit, used = _container_limit()
    total = min(memory.total, limit)
    return total, min(memory.available, max(0, limit - used))


def supported_precisions(device: torch.device) -> tuple[PrecisionName, ...]:
    """The number formats that may be chosen on `device`, float32 first; on a CPU bf16 only where measured faster."""
    if device.type == "cuda":
        return ("float32", "bf16", "fp16") if torch.cuda.is_bf16_supported() else ("float32", "fp16")
    return ("float32", "bf16") if device.type == "cpu" and _has_bf16() and bf16_speed_up() > 1 else ("float32",)


def choose_precision(name: PrecisionName, device: torch.device) -> PrecisionName:
    """The format for `name` on `device`; "auto" is the one that is fastest there.

    On CUDA that is bf16 from Ampere on and fp16 before; on a CPU bf16 where it has instructions for it and is measured
    faster, else float32. Raises ConfigError for a format that the device does not have.
    """
    if name == "float32":
        return name
    if name == "auto" and device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device)[0] >= 8 else "fp16"
    supported = supported_precisions(device)
    if name == "auto":
        return "bf16" if "bf16" in supported else "float32"
    if name not in supported:
        listed = " or ".join(supported)
        message = f"{name} brings nothing on this {_TITLES[device.type]}; use {listed}."
        raise ConfigError(message, path="precision")
    return name


@cache
def bf16_speed_up() -> float:
    """How many times faster two small convolutions and their gradients are in bf16 on this CPU; measured once.

    Neighbouring turns are compared, so that other load falls on both formats. Measured on two cores with AVX-512 BF16:
    1.3 to 2.2; on CPUs without instructions for it a fifth.
    """
    with torch.random.fork_rng(devices=[]):
        net = nn.Sequential(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1))
    net = net.to(memory_format=torch.channels_last)
    turns = [(_pass_time(net, torch.float32), _pass_time(net, torch.bfloat16)) for _ in range(6)]
    return statistics.median(single / half for single, half in turns[1:])


def _pass_time(net: nn.Module, dtype: torch.dtype) -> float:
    """Seconds of one pass forth and back through `net`, with maps as the starter network has them."""
    x_NCHW = torch.zeros(64, 16, 16, 16).to(memory_format=torch.channels_last)
    started = time.perf_counter()
    with torch.enable_grad(), torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
        loss = net(x_NCHW).sum()
    loss.backward()
    return time.perf_counter() - started


def _is_there(name: str) -> bool:
    if name == "cuda":
        return torch.cuda.is_available()
    return torch.backends.mps.is_available() if name == "mps" else name == "cpu"


def _has_bf16() -> bool:
    if platform.machine().lower() in {"arm64", "aarch64"}:
        return False  # reported there even where it is slow
    known = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(known.get("avx512_bf16") or known.get("amx_bf16"))


def device_description(device: torch.device) -> str:
    """`2 cores, AVX2`, or a GPU's name."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return platform.processor() or "Apple GPU"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    capability = _CAPABILITIES.get(torch.backends.cpu.get_cpu_capability(), "")
    counted = f"{cores} core{'s' if cores != 1 else ''}"
    return f"{counted}, {capability}" if capability else counted


def _container_limit() -> tuple[int, int]:
    """(limit, used) bytes of the control group, where the process lives in one; else no limit."""
    folder = Path("/sys/fs/cgroup")
    try:
        limit, used = (folder / "memory.max").read_text().strip(), (folder / "memory.current").read_text().strip()
        return (1 << 62, 0) if limit == "max" else (int(limit), int(used))
    except (OSError, ValueError):
        return 1 << 62, 0
