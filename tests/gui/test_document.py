"""The document: what it announces, and how it goes."""

import gc

import pytest
from pytestqt.qtbot import QtBot

from explorer.arch.presets import find_preset, starter
from explorer.arch.spec import NetworkSpec
from explorer.gui.document import ArchDocument

pytestmark = pytest.mark.gui


def test_conditions_set_while_the_network_is_announced_are_those_of_its_numbers(qtbot: QtBot) -> None:
    document = ArchDocument(starter().spec)
    heard: list[str] = []

    def follow(_spec: NetworkSpec) -> None:
        document.set_conditions(document.conditions._replace(init="he"))

    document.network_changed.connect(follow)
    document.summary_changed.connect(lambda summary: heard.append(summary.conditions.init))
    document.edit(find_preset("vgg16").spec, "Preset")
    qtbot.wait(20)
    assert heard == ["he"]
    document.set_conditions(document.conditions._replace(batch_size=7))
    qtbot.wait(20)
    assert heard == ["he", "he"]


def test_a_document_with_edits_is_let_go_without_harm(qtbot: QtBot) -> None:
    """The collector of cycles took the commands from under the stack, which then freed them again and broke."""
    del qtbot
    for _ in range(20):
        document = ArchDocument(starter().spec)
        document.round_trip = document  # type: ignore[attr-defined]
        for name in ("vgg11", "vgg16"):
            document.edit(find_preset(name).spec, name)
        del document
    assert gc.collect() > 0
