"""The helper classes in written PyTorch code: one for each way in which the network's blocks with branches are made.

Their weights have torchvision's names, `layer1.0.conv1` and `inception3a.branch2.1.conv`, as the built network's have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from explorer.arch.blocks import ConvBlock, InceptionBlock, Path, ResidualStage, VGGBlock
from explorer.arch.blocks.parts import PAPERS_LRN
from explorer.arch.blocks.residual import NARROWING
from explorer.arch.ops import ActivationName, BatchNorm2d, LocalResponseNorm
from explorer.export.pytorch_layers import ACTIVATION_MODULES, INDENT, call, norm_code

Lines = list[str]


@dataclass(frozen=True, slots=True)
class ConvStyle:
    """What convolutions of one helper class share; their sizes are its arguments."""

    bias: bool
    norm: str
    norm_eps: float
    activation: ActivationName
    lrn: LocalResponseNorm = PAPERS_LRN


@dataclass(slots=True)
class Helpers:
    """The helper classes that a network needs, each written once; a second one of a kind is numbered."""

    _names: dict[tuple[str, object], str] = field(default_factory=dict)
    _sources: list[Lines] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The code of all classes, two empty lines after each."""
        for source in self._sources:
            yield from (*source, "", "")

    def conv(self, style: ConvStyle) -> str:
        """The name of the class of a convolution with its norm and activation."""
        return self._named("ConvUnit", style, lambda name: _conv_class(name, style))

    def inception(self, block: InceptionBlock) -> str:
        """The name of the class of an Inception block with paths like those of `block`."""
        shapes = tuple((way.kind, way.kernel, way.reduce > 0, way.out_channels > 0) for way in block.paths)
        convolves = any(way.out_channels for way in block.paths)
        unit = self.conv(ConvStyle(block.bias, block.norm, block.norm_eps, block.activation)) if convolves else ""
        return self._named("Inception", (shapes, unit), lambda name: _inception_class(name, block.paths, unit))

    def residual(self, stage: ResidualStage) -> str:
        """The name of the class of the units of `stage`."""
        kind = "BasicUnit" if stage.unit == "basic" else "BottleneckUnit"
        key = (stage.unit, stage.order, stage.norm, stage.bias, stage.activation, stage.shortcut_norm)
        return self._named(kind, key, lambda name: _residual_class(name, stage))

    def _named(self, kind: str, key: object, write: Callable[[str], Lines]) -> str:
        if (kind, key) not in self._names:
            number = sum(known == kind for known, _ in self._names) + 1
            self._names[kind, key] = name = kind if number == 1 else f"{kind}{number}"
            self._sources.append(write(name))
        return self._names[kind, key]


def inception_call(name: str, channels: int, block: InceptionBlock) -> str:
    """`Inception(192, 64, (96, 128), (16, 32), 32)`."""
    given = [f"({way.reduce}, {way.out_channels})" if way.reduce else str(way.out_channels)
             for way in block.paths if way.out_channels]  # fmt: skip
    return f"{name}({', '.join([str(channels), *given])})"


def unit_call(name: str, channels: int, stage: ResidualStage, *, stride: int, project: bool) -> str:
    """`BasicUnit(64, 128, stride=2, project=True)`."""
    settings = [f"stride={stride}"] * (stride != 1) + ["project=True"] * project
    return f"{name}({', '.join([str(channels), str(stage.out_channels), *settings])})"


def conv_style(block: VGGBlock | ConvBlock) -> ConvStyle:
    """How the convolutions of a block on the trunk are made."""
    if isinstance(block, ConvBlock):
        return ConvStyle(block.bias, block.norm, block.norm_eps, block.activation, block.lrn)
    return ConvStyle(True, block.norm, 1e-5, block.activation)  # noqa: FBT003 - what VGG's convolutions have


def _head(name: str, about: str, arguments: str) -> Lines:
    signature = [f"{INDENT}def __init__(self, {arguments}) -> None:"]
    if len(signature[0]) > 100:
        signature = [f"{INDENT}def __init__(", f"{INDENT * 2}self, {arguments}", f"{INDENT}) -> None:"]
    return [f"class {name}(nn.Module):", f'{INDENT}"""{about}"""', "", *signature, f"{INDENT * 2}super().__init__()"]


def _forward(lines: Sequence[str]) -> Lines:
    signature = f"{INDENT}def forward(self, x: torch.Tensor) -> torch.Tensor:"
    return ["", signature, *(f"{INDENT * 2}{line}" for line in lines)]


def _conv_class(name: str, style: ConvStyle) -> Lines:
    about = {
        "none": "A convolution and its activation.",
        "batch": "A convolution, its batch norm and its activation.",
        "lrn": "A convolution, its activation and local response normalisation.",
    }[style.norm]
    bias = "" if style.bias else ", bias=False"
    lines = _head(name, about, "in_channels: int, out_channels: int, **settings: object")
    lines.append(f"{INDENT * 2}self.conv = nn.Conv2d(in_channels, out_channels{bias}, **settings)")
    if style.norm == "batch":
        lines.append(f"{INDENT * 2}self.bn = {norm_code(BatchNorm2d(eps=style.norm_eps), 'out_channels')}")
    elif style.norm == "lrn":
        lines.append(f"{INDENT * 2}self.bn = {norm_code(style.lrn, '')}")
    lines.append(f"{INDENT * 2}self.activation = {ACTIVATION_MODULES[style.activation]}")
    value = {
        "none": "self.activation(self.conv(x))",
        "batch": "self.activation(self.bn(self.conv(x)))",
        "lrn": "self.bn(self.activation(self.conv(x)))",
    }[style.norm]
    return lines + _forward([f"return {value}"])


def _inception_class(name: str, paths: Sequence[Path], unit: str) -> Lines:
    arguments = ["in_channels: int"]
    branches = []
    for number, way in enumerate(paths, start=1):
        given = f"path{number}"
        if way.out_channels:
            arguments.append(f"{given}: {'tuple[int, int]' if way.reduce else 'int'}")
        branches += _branch_lines(number, way, unit, given)
    count = f"{len(paths)} path{'s' if len(paths) != 1 else ''}"
    lines = _head(name, f"{count} on one map, joined along the channels.", ", ".join(arguments))
    joined = ", ".join(f"self.branch{number}(x)" for number in range(1, len(paths) + 1))
    return lines + branches + _forward([f"return torch.cat([{joined}], dim=1)"])


def _branch_lines(number: int, way: Path, unit: str, given: str) -> Lines:
    padded = "" if way.kernel == 1 else f", padding={way.kernel // 2}"
    if way.kind == "conv" and not way.reduce:
        return [f"{INDENT * 2}self.branch{number} = {unit}(in_channels, {given}, kernel_size={way.kernel}{padded})"]
    if way.kind == "conv":
        steps = [
            f"{unit}(in_channels, {given}[0], kernel_size=1)",
            f"{unit}({given}[0], {given}[1], kernel_size={way.kernel}{padded})",
        ]
    else:
        pool = "MaxPool2d" if way.kind == "max" else "AvgPool2d"
        steps = [f"nn.{pool}(kernel_size={way.kernel}, stride=1{padded})"]
        steps += [f"{unit}(in_channels, {given}, kernel_size=1)"] * (way.out_channels > 0)
    inside = [f"{INDENT * 3}{step}," for step in steps]
    return [f"{INDENT * 2}self.branch{number} = nn.Sequential(", *inside, f"{INDENT * 2})"]


def _residual_class(name: str, stage: ResidualStage) -> Lines:
    about = "Two 3 x 3 convolutions" if stage.unit == "basic" else "1 x 1, 3 x 3 and 1 x 1 convolutions"
    arguments = "in_channels: int, out_channels: int, stride: int = 1, project: bool = False"
    lines = _head(name, f"{about} beside a shortcut.", arguments)
    sizes = [("in_channels", "out_channels"), ("out_channels", "out_channels")]
    if stage.unit == "bottleneck":
        lines.append(f"{INDENT * 2}width = out_channels // {NARROWING}")
        sizes = [("in_channels", "width"), ("width", "width"), ("width", "out_channels")]
    convs = stage.convs(stride=2)
    forward = ["shortcut = x if self.downsample is None else self.downsample(x)"]
    for index, ((before, after), conv) in enumerate(zip(sizes, convs, strict=True), start=1):
        code = call(
            "Conv2d",
            before,
            after,
            f"kernel_size={conv.kernel[0]}",
            stride=("stride" if conv.stride != (1, 1) else "1", "1"),
            padding=(conv.padding[0], 0),
            bias=(stage.bias, True),
        )
        lines.append(f"{INDENT * 2}self.conv{index} = {code}")
        if stage.norm == "batch":
            normed = before if stage.order == "pre" else after
            lines.append(f"{INDENT * 2}self.bn{index} = nn.BatchNorm2d({normed})")
        forward.append(_unit_step(stage, index, is_last=index == len(convs)))
    lines.append(f"{INDENT * 2}self.activation = {ACTIVATION_MODULES[stage.activation]}")
    lines += _downsample_lines(stage)
    total = "y + shortcut"
    forward.append(f"return self.activation({total})" if stage.order == "post" else f"return {total}")
    return lines + _forward(forward)


def _unit_step(stage: ResidualStage, index: int, *, is_last: bool) -> str:
    """`y = self.activation(self.bn1(self.conv1(x)))`, or norm and activation before the convolution."""
    value = "x" if index == 1 else "y"
    normed = f"self.bn{index}" if stage.norm == "batch" else ""
    if stage.order == "pre":
        value = f"{normed}({value})" if normed else value
        return f"y = self.conv{index}(self.activation({value}))"
    value = f"self.conv{index}({value})"
    value = f"{normed}({value})" if normed else value
    return f"y = {value}" if is_last else f"y = self.activation({value})"


def _downsample_lines(stage: ResidualStage) -> Lines:
    steps = [call("Conv2d", "in_channels", "out_channels", "kernel_size=1", "stride=stride", bias=(stage.bias, True))]
    steps += ["nn.BatchNorm2d(out_channels)"] * (stage.norm == "batch" and stage.shortcut_norm)
    return [
        f"{INDENT * 2}self.downsample = None",
        f"{INDENT * 2}if project:",
        f"{INDENT * 3}self.downsample = nn.Sequential(",
        *(f"{INDENT * 4}{step}," for step in steps),
        f"{INDENT * 3})",
    ]
