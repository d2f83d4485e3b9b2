"""What is wrong or unknown in a text is named by its line, and the rest becomes the network."""

import pytest

from explorer.analysis.summarize import summarize
from explorer.errors import ImportTextError
from explorer.importing.read import import_text

TORCH = """from torch import nn
net = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(),
    nn.MaxPool2d(2),
    {}
    nn.Flatten(),
    nn.Linear(8 * 14 * 14, 10))
X = torch.rand(1, 1, 28, 28)
"""
KERAS = """model = Sequential([
    Conv2D(8, 3, activation='relu', input_shape=(28, 28, 1)),
    {}
    Flatten(),
    Dense(10)])
"""
RESIDUAL = """class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv = nn.Conv2d(c, c, 3, padding=1)
    def forward(self, x):
        y = F.relu(self.conv(x))
        return y + x
net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), Block(8),
                    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
"""
EVERY_LAYER = "nn.Conv2d(8, 8, 3, padding=1), "

# text, line of the note, how its sentence begins, parameters of what is imported (calc: 80 + 15,690 for TORCH alone)
NOTED = [
    (TORCH.format("nn.Swirl(3),"), 5, "torch.nn.Swirl(…) is not a layer that is known here", 15_770),
    (TORCH.format("swirl,"), 5, "swirl is not a layer that is known here", 15_770),
    (TORCH.format("nn.MaxPool2d(2),"), 5, "MaxPool2d follows another pool, and a block ends in one only", 15_770),
    (TORCH.format("nn.ReLU()"), 5, "A comma is missing at the end of line 5", 15_770),
    (
        TORCH.format("nn.Dropout()，"),
        5,
        'Line 5, "nn.Dropout()，", is not Python: ， is a full-width character.',
        15_770,
    ),
    (TORCH.format("nn.Conv2d(16, 8, 3, padding=1), nn.ReLU(),"), 5, "Conv2d takes 16 channels, and 8 come in", 16_354),
    (TORCH.format("nn.Conv2d(8, width, 3), nn.ReLU(),"), 5, "Conv2d has out_channels = width, which is not", 15_770),
    (TORCH.format("nn.Conv2d(8),"), 5, "Conv2d has no kernel_size; it is left out.", 15_770),
    (TORCH.format("nn.Conv2d(8, 8, 'three'),"), 5, "Conv2d has kernel_size = 'three', which is not", 15_770),
    (TORCH.format("nn.Conv2d(8, -8, 3),"), 5, "Conv2d has out_channels = -8, which is not", 15_770),
    (
        TORCH.format("nn.Conv2d(8, 8, (1, 7), padding=(0, 3)),"),
        5,
        "Conv2d has a window, step or padding that is not",
        15_770,
    ),
    (TORCH.format(EVERY_LAYER + "nn.PReLU(),"), 5, "PReLU learns its slope, which no block has", 16_354),
    (
        TORCH.format(EVERY_LAYER + "nn.BatchNorm2d(64), nn.ReLU(),"),
        5,
        "BatchNorm2d takes 64 channels, and 8 come in.",
        16_370,
    ),
    (TORCH.format(EVERY_LAYER), 5, "No activation follows this convolution, and every block has one", 16_354),
    (TORCH.format("nn.Dropout2d(0.1),"), 5, "Dropout between convolutions is left out", 15_770),
    (
        TORCH.format("nn.Conv2d(8, 8, 3, stride=2, padding='same'), nn.ReLU(),"),
        5,
        'Conv2d has padding = "same" with',
        15_770,
    ),
    (
        TORCH.replace("8 * 14 * 14", "8 * 7 * 7").format(""),
        7,
        ("Linear takes 392 = 8 × 7 × 7 numbers, and the map gives 1,568 = 8 × 14 × 14 at 28 × 28."),
        15_770,
    ),
    (TORCH.replace("    nn.Flatten(),\n", "").format(""), 6, "There is no Flatten before Linear", 15_770),
    (
        TORCH.replace("14, 10)", "14, 10, bias=False)").format(""),
        7,
        "Linear layers here have a bias; that is 10",
        15_770,
    ),
    (
        TORCH.replace("14, 10)", "14, 32), nn.ReLU(),\n  nn.Linear(64, 10)").format(""),
        8,
        "Linear takes 64 numbers, and 32",
        50_618,
    ),
    (
        TORCH.replace("14, 10)", "14, 32), nn.BatchNorm1d(32), nn.ReLU(),\n  nn.Linear(32, 10)").format(""),
        7,
        "Heads have no batch norm; its 64 parameters are left out.",
        50_618,
    ),
    (
        TORCH.replace("(1, 1, 28", "(1, 3, 28").format(""),
        3,
        "Conv2d takes 1 channel, and the picture of line 8 has 3",
        15_770,
    ),
    (TORCH[: TORCH.index("    {}")], 2, "The ( of line 2 is never closed", 1_003_610),
    (RESIDUAL, 7, "Here two paths meet; only chains of layers are imported", 224 + 584 + 90),
    (KERAS.format("Conv2D(8, 3, padding='reflect'),"), 3, "Conv2D has padding = reflect, and Keras knows", 54_170),
    (KERAS.format("Conv2D(8, 3, activation='mish'),"), 3, 'The activation "mish" is not one that blocks have', 46_754),
    (KERAS.format("Conv2D(kernel_size=3),"), 3, "Conv2D has no filters; it is left out.", 54_170),
    (
        KERAS.format("Conv2D(8, 3, activation='relu', strides=(1, 2)),"),
        3,
        "Conv2D has a window, step or padding that",
        54_170,
    ),
]


@pytest.mark.parametrize(("text", "line", "begins", "params"), NOTED)
def test_what_is_not_understood_is_named_by_line_and_the_rest_is_imported(
    text: str, line: int, begins: str, params: int
) -> None:
    imported = import_text(text)
    found = [(note.line, note.sentence[: len(begins)]) for note in imported.notes]
    assert (line, begins) in found
    assert summarize(imported.spec).totals.params.total == params  # type: ignore[union-attr]


HOPELESS = [
    ("   \n", 1, "There is no text here"),
    ("Give me a network\nwith three layers", 1, 'The text holds no layer. Line 1, "Give me a network", is not Python'),
    ("import torch\nx = 3\n", 1, "The text holds no layer."),
    ("from torch import nn\nnet = nn.Sequential(\n    nn.Linear(784, 10))", 3, "The text holds linear layers only"),
    (
        "layers = []\nwhile True:\n    layers.append(nn.Conv2d(3, 3, 3))\n",
        3,
        "The loops of this text go round too often",
    ),
    ("x = " + "(" * 5_000 + ")" * 5_000, 1, "The text holds no layer."),
    ("net = nn.Sequential(\0)", 1, "The text holds no layer."),
    (
        'Model: "sequential"\n Layer (type)        Output Shape       Param #\n conv2d (Conv2D)',
        1,
        "A Keras summary names",
    ),
    ('{"cells": [{"cell_type": "markdown", "source": ["text"]}]}', 1, "This notebook has no cell of code"),
    (
        "Net(\n  (0): BasicBlock(\n    (conv): Conv2d(3, 3, kernel_size=(3, 3))\n  )\n  (1): Flatten()\n)",
        2,
        "Line 2: BasicBlock",
    ),
]


@pytest.mark.parametrize(("text", "line", "begins"), HOPELESS)
def test_a_text_without_a_network_says_why_and_where(text: str, line: int, begins: str) -> None:
    with pytest.raises(ImportTextError) as caught:
        import_text(text)
    assert str(caught.value).startswith(begins)
    assert caught.value.line == line


def test_a_head_for_another_map_comes_with_both_figures_and_what_mends_it() -> None:
    code = TORCH.replace("8 * 14 * 14", "8 * 7 * 7").format("").replace("28, 28", "56, 56")
    note = next(note for note in import_text(code).notes if note.fixes)
    assert note.node == "classes"
    assert [fix.label for fix in note.fixes] == ["Average to 7 × 7"]
    for fix in note.fixes:
        assert fix.spec is not None
        assert summarize(fix.spec).by_node["flatten"].shape == (392,)


def test_a_network_that_collapses_at_its_picture_is_imported_and_says_so() -> None:
    pools = "    nn.Conv2d({i}, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),\n"
    code = (
        "net = nn.Sequential(\n" + pools.format(i=1) + 5 * pools.format(i=8) + "    nn.Flatten(), nn.Linear(8, 10))\n"
    )
    imported = import_text(code + "X = torch.rand(1, 1, 28, 28)\n")
    assert len(imported.spec.blocks) == 6
    note = imported.notes[-1]
    assert (note.node, note.sentence[:49]) == ("pool5", "At 28 × 28 this network cannot be computed. This ")
