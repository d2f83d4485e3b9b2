"""Networks that the panels' tests show."""

from dataclasses import replace

from explorer.arch.blocks import ConvBlock, InceptionBlock, Pool, ResidualStage, VGGBlock
from explorer.arch.spec import Head, InputShape, NetworkSpec

TINY = NetworkSpec(
    InputShape(1, 32, 32),
    (VGGBlock(1, 8), VGGBlock(1, 16), VGGBlock(2, 32), VGGBlock(2, 64), VGGBlock(2, 64)),
    Head((512, 512)),
    10,
    "vgg11-tiny-32",
)
TINY_28 = replace(TINY, input=InputShape(1, 28, 28))
VGG19 = NetworkSpec(
    InputShape(3, 224, 224),
    (VGGBlock(2, 64), VGGBlock(2, 128), VGGBlock(4, 256), VGGBlock(4, 512), VGGBlock(4, 512)),
    name="vgg19",
)
MIXED = NetworkSpec(
    InputShape(3, 96, 96),
    (
        ConvBlock(64, 7, 2, pool=Pool("max", 3, 2, padding=1)),
        VGGBlock(2, 128),
        InceptionBlock.of_four(64, (96, 128), (16, 32), 32),
        InceptionBlock.of_four(128, (128, 192), (32, 96), 64, pool=Pool("max", 3, 2, padding=1)),
        ResidualStage(2, 512),
    ),
    Head((), 0.0, "global_average"),
    10,
    "mixed-96",
)
