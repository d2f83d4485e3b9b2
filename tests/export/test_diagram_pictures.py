"""What a layout keeps of the one before."""

from __future__ import annotations

from explorer.analysis.summarize import summarize
from explorer.arch.presets import find_preset
from explorer.arch.spec import NetworkSpec
from explorer.export.diagram import layout_diagram
from explorer.export.diagram_scene import DiagramScene
from explorer.export.diagram_sketches import Sketchbook

VGG19 = find_preset("vgg19").spec
SIZE = 1056.0, 372.0


def pictures_of(spec: NetworkSpec, sketches: Sketchbook) -> dict[str, object]:
    scene = layout_diagram(summarize(spec), *SIZE, zoom=1.0, sketches=sketches)
    return {placed.part: placed.picture for placed in scene.pictures}


def scene_of(spec: NetworkSpec, sketches: Sketchbook | None = None) -> DiagramScene:
    return layout_diagram(summarize(spec), *SIZE, sketches=sketches)


def test_an_edit_of_one_block_draws_only_that_block() -> None:
    sketches = Sketchbook()
    before = pictures_of(VGG19, sketches)
    after = pictures_of(VGG19.with_block(2, VGG19.blocks[2].with_channels(300)), sketches)
    assert [part for part in before if after[part] is not before[part]] == ["block3"]


def test_what_was_kept_changes_nothing_of_the_picture() -> None:
    sketches = Sketchbook()
    for name in ("vgg19", "googlenet", "resnet50", "alexnet"):
        spec = find_preset(name).spec
        for index, block in enumerate(spec.blocks):
            for edited in (spec.with_block(index, block.with_channels(64)), spec.without_block(index), spec):
                assert scene_of(edited, sketches) == scene_of(edited)
