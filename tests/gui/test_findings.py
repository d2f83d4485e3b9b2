"""The findings panel: errors first, each with its fix, and nothing flickers."""

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from explorer.analysis.summarize import summarize
from explorer.analysis.summary import Finding, Fix, NetworkSummary
from explorer.arch.spec import Head, NetworkSpec
from explorer.gui.panels.findings import FindingsPanel
from explorer.gui.theme import ThemeSource
from tests.gui.panel_samples import TINY

pytestmark = pytest.mark.gui
LIGHTER = replace(TINY, head=Head((), 0.5, "global_average"))
HINT = Finding("growth", "hint", "block5", "Block 5", "Channels stay at 64 after pooling; VGG doubles them.")
HEAVY = Finding(
    "head",
    "warning",
    "head",
    "Head",
    "The head holds 68 % of the parameters.",
    (Fix("Use global average", LIGHTER, -300_416),),
)
COLLAPSED = Finding(
    "collapsed",
    "error",
    "pool5",
    "pool5",
    "This pool leaves nothing of the 1 × 1 map.",
    (Fix("Drop this pool", LIGHTER), Fix("Use 32 × 32 input", TINY)),
)
WEAK = Finding("init", "warning", "conv1_1", "Initial weights", "Weak.", (Fix("He weights", None, init="he"),))
MEMORY = Finding("memory", "error", "input", "Memory", "Needs 9.1 GiB.", (Fix("Use batch 64", None, batch_size=64),))


def with_findings(*findings: Finding) -> NetworkSummary:
    return replace(summarize(TINY), findings=findings)


@pytest.fixture
def panel(qtbot: QtBot) -> FindingsPanel:
    panel = FindingsPanel(ThemeSource())
    qtbot.addWidget(panel)
    panel.resize(320, 600)
    panel.show()
    return panel


def titles(panel: FindingsPanel) -> list[str]:
    return [card.finding.title for card in panel.cards if card.finding]


def test_errors_come_first_then_warnings_then_hints(panel: FindingsPanel) -> None:
    panel.set_summary(with_findings(HINT, HEAVY, COLLAPSED))
    assert titles(panel) == ["pool5", "Head", "Block 5"]


def test_nothing_to_say_is_said(panel: FindingsPanel) -> None:
    panel.set_summary(with_findings(HINT))
    panel.set_summary(with_findings())
    assert panel.cards == []
    assert panel._none.isVisible()
    assert panel._none.text() == "Nothing to remark."


def test_a_click_on_a_fix_wishes_its_network(panel: FindingsPanel) -> None:
    heard: list[tuple[NetworkSpec, str, str]] = []
    panel.edited.connect(lambda spec, text, key: heard.append((spec, text, key)))
    panel.set_summary(with_findings(HEAVY))
    panel.cards[0].fix_buttons[0].click()
    assert heard == [(LIGHTER, "Use global average", "")]


def test_a_fix_of_the_training_wishes_it_there(panel: FindingsPanel, qtbot: QtBot) -> None:
    heard: list[object] = []
    panel.init_wished.connect(heard.append)
    panel.batch_wished.connect(heard.append)
    panel.edited.connect(lambda *_: heard.append("an edit"))
    panel.set_summary(with_findings(WEAK, MEMORY))
    for card in panel.cards:
        card.fix_buttons[0].click()
    assert heard == [64, "he"]


def test_the_cost_of_a_single_fix_stands_beside_it(panel: FindingsPanel) -> None:
    panel.set_summary(with_findings(HEAVY))
    assert panel.cards[0]._fixes.cost.text() == "\u2212300\u2009k"
    assert panel.cards[0]._fixes.cost.toolTip() == "\u2212300,416 parameters"


def test_at_most_two_fixes_are_offered(panel: FindingsPanel) -> None:
    third = COLLAPSED._replace(fixes=(*COLLAPSED.fixes, Fix("A third", TINY)))
    panel.set_summary(with_findings(third))
    assert [button.text() for button in panel.cards[0].fix_buttons] == ["Drop this pool", "Use 32 × 32 input"]


def test_a_click_on_the_place_selects_it(panel: FindingsPanel) -> None:
    heard: list[tuple[str, ...]] = []
    panel.selected.connect(heard.append)
    panel.set_summary(with_findings(COLLAPSED))
    panel.cards[0].link.click()
    assert heard == [("pool5",)]


def test_more_than_three_at_one_place_are_folded(panel: FindingsPanel) -> None:
    many = tuple(HINT._replace(message=f"Remark {number}.") for number in range(5))
    panel.set_summary(with_findings(*many, HEAVY))
    assert titles(panel) == ["Head", "Block 5"]
    panel.cards[1]._more.click()
    assert titles(panel) == ["Head"] + ["Block 5"] * 5
    panel.cards[1]._more.click()
    assert titles(panel) == ["Head", "Block 5"]


def test_the_keys_go_round_the_findings_and_apply_the_current_fix(panel: FindingsPanel) -> None:
    selections: list[tuple[str, ...]] = []
    wishes: list[str] = []
    panel.selected.connect(selections.append)
    panel.edited.connect(lambda _spec, text, _key: wishes.append(text))
    panel.set_summary(with_findings(HINT, HEAVY, COLLAPSED))
    for _ in range(4):
        panel.next_finding()
    assert selections == [("pool5",), ("head",), ("block5",), ("pool5",)]
    panel.previous_finding()
    panel.previous_finding()
    panel.apply_current_fix()
    assert wishes == ["Use global average"]


def test_the_same_findings_leave_their_cards_untouched(panel: FindingsPanel) -> None:
    panel.set_summary(with_findings(HEAVY, HINT))
    before = panel.cards
    panel.set_summary(with_findings(HEAVY._replace(message="The head holds 70 % of the parameters."), HINT))
    assert panel.cards == before
    assert "70 %" in (before[0].finding.message if before[0].finding else "")


def test_showing_findings_wishes_nothing(panel: FindingsPanel) -> None:
    heard: list[object] = []
    for signal in (panel.edited, panel.selected, panel.init_wished, panel.batch_wished):
        signal.connect(lambda *given: heard.append(given))
    panel.set_summary(with_findings(HEAVY, COLLAPSED, WEAK))
    panel.set_selection(("pool5",))
    assert heard == []


def test_the_keys_do_nothing_without_findings(panel: FindingsPanel) -> None:
    heard: list[object] = []
    panel.selected.connect(heard.append)
    panel.set_summary(with_findings())
    panel.next_finding()
    panel.apply_current_fix()
    assert heard == []


def test_a_figure_and_its_unit_stay_on_one_line(panel: FindingsPanel) -> None:
    panel.set_summary(with_findings(HEAVY._replace(message="The head holds 123.6\u2009M parameters.")))
    assert panel.cards[0]._message.text() == "The head holds 123.6\u202fM parameters."


def test_a_card_is_spoken_with_its_severity(panel: FindingsPanel) -> None:
    panel.set_summary(with_findings(COLLAPSED))
    assert panel.cards[0].accessibleName().startswith("Error, pool5: This pool leaves nothing")
