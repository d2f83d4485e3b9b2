"""Networks that the panels' tests show."""

from dataclasses import replace

from explorer.arch.blocks.vgg import VGGBlock
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
