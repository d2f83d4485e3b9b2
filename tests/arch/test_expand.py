"""A spec becomes a graph whose module names are torchvision's."""

from explorer.arch.expand import expand
from explorer.arch.spec import InputShape, NetworkSpec, VGGBlock


def test_modules_are_numbered_as_torchvision_numbers_them() -> None:
    spec = NetworkSpec(InputShape(3, 224, 224), (VGGBlock(1, 64), VGGBlock(2, 128)))
    modules = {node.name: node.module for node in expand(spec)}
    assert modules["conv1_1"] == "features.0"
    assert modules["conv2_2"] == "features.5"
    assert modules["fc2"] == "classifier.3"
    assert modules["classes"] == "classifier.6"
