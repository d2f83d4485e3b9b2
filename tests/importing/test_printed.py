"""What print(model) gives comes back as the model."""

import pytest

from explorer.analysis.summarize import summarize
from explorer.arch.presets import find_preset
from explorer.errors import ImportTextError
from explorer.importing.read import import_text

LENET = """
Net(
  (conv1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
  (relu1): Sigmoid()
  (pool1): AvgPool2d(kernel_size=2, stride=2, padding=0)
  (conv2): Conv2d(6, 16, kernel_size=(5, 5), stride=(1, 1))
  (relu2): Sigmoid()
  (pool2): AvgPool2d(kernel_size=2, stride=2, padding=0)
  (fc1): Linear(in_features=400, out_features=120, bias=True)
  (s1): Sigmoid()
  (fc2): Linear(in_features=120, out_features=84, bias=True)
  (s2): Sigmoid()
  (fc3): Linear(in_features=84, out_features=10, bias=True)
)
"""


@pytest.mark.torch
@pytest.mark.parametrize("name", ["vgg11", "vgg11_bn", "vgg13", "vgg16", "vgg16_bn", "vgg19", "alexnet"])
def test_a_printed_network_of_torchvision_comes_back_with_its_counts(name: str) -> None:
    import torch
    import torchvision.models

    with torch.device("meta"):
        model = getattr(torchvision.models, name)()
    imported = import_text(str(model))
    assert imported.source == "printed"
    assert not imported.notes
    assert summarize(imported.spec).totals.params.total == sum(p.numel() for p in model.parameters())  # type: ignore[union-attr]


def test_a_printed_lenet_finds_its_picture_size() -> None:
    assert import_text(LENET).spec == find_preset("lenet5").spec


@pytest.mark.torch
def test_layers_that_torch_prints_once_for_many_are_counted_each() -> None:
    text = """Sequential(
  (0-2): 3 x Sequential(
    (0): Conv2d(8, 8, kernel_size=(3, 3), stride=(1, 1), padding=same)
    (1): ReLU()
  )
  (3): Flatten(start_dim=1, end_dim=-1)
  (4): Linear(in_features=6272, out_features=10, bias=True)
)"""
    spec = import_text(text).spec
    assert (spec.input.channels, spec.input.height) == (8, 28)
    assert [block.count for block in spec.blocks] == [3]


@pytest.mark.torch
def test_a_printed_network_with_branches_is_refused_by_its_line() -> None:
    import torch
    import torchvision.models

    with torch.device("meta"):
        text = str(torchvision.models.resnet18())
    with pytest.raises(ImportTextError, match="BasicBlock has paths side by side") as caught:
        import_text(text)
    assert caught.value.line == next(n for n, row in enumerate(text.splitlines(), 1) if "BasicBlock" in row)


def test_a_printed_layer_that_is_not_known_is_named_by_its_line() -> None:
    text = LENET.replace("(relu1): Sigmoid()", "(relu1): Swirl(2)")
    notes = import_text(text).notes
    assert (notes[0].line, notes[0].sentence) == (
        3,
        ("No activation follows this convolution, and every block has one: ReLU is put after it."),
    )
    assert (notes[1].line, notes[1].sentence) == (4, "Swirl is not a layer that is known here; it is left out.")
