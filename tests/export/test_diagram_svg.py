"""The picture as SVG: well-formed, self-contained, and with every word inside the page."""

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from explorer.analysis.summarize import summarize
from explorer.arch.blocks.vgg import Pool
from explorer.arch.spec import Head, InputShape, NetworkSpec, VGGBlock
from explorer.export.diagram import layout_diagram
from explorer.export.diagram_svg import write_svg
from explorer.export.diagram_text import approximate_width
from explorer.palette import DARK_PALETTE, LIGHT_PALETTE, Palette

SVG = "{http://www.w3.org/2000/svg}"
STARTER = NetworkSpec(
    InputShape(1, 32, 32),
    (VGGBlock(1, 8), VGGBlock(2, 32, norm="batch", pool=Pool(kind="average")), VGGBlock(2, 64)),
    Head((512, 512)),
    10,
    "starter",
)
FAILING = replace(STARTER, input=InputShape(1, 4, 4))


def svg_of(spec: NetworkSpec, palette: Palette = LIGHT_PALETTE, width: float = 1056) -> ET.Element:
    return ET.fromstring(write_svg(layout_diagram(summarize(spec), width, 372), palette))


@pytest.mark.parametrize("spec", [STARTER, FAILING, replace(STARTER, blocks=())], ids=["whole", "failing", "empty"])
@pytest.mark.parametrize("palette", [LIGHT_PALETTE, DARK_PALETTE], ids=["light", "dark"])
def test_the_text_is_xml_with_every_colour_from_the_palette(spec: NetworkSpec, palette: Palette) -> None:
    root = svg_of(spec, palette)
    assert root.tag == f"{SVG}svg"
    fills = {element.get("fill") for element in root.iter(f"{SVG}text")}
    assert fills <= set(palette.tokens.values())


def test_every_word_lies_inside_the_page() -> None:
    for width in (500, 716, 1056):
        root = svg_of(STARTER, width=width)
        page = float(root.get("width", "0"))
        for text in root.iter(f"{SVG}text"):
            size, weight = float(text.get("font-size", "0")), int(text.get("font-weight", "0"))
            wide = approximate_width(text.text or "", size, weight)
            left = float(text.get("x", "0")) - {"middle": wide / 2, "start": 0.0, None: 0.0}[text.get("text-anchor")]
            assert left >= 0
            assert left + wide <= page
            assert float(text.get("y", "0")) <= 372


def test_a_name_with_markup_is_only_text() -> None:
    root = svg_of(replace(STARTER, name='<script>alert("1")</script> & co'))
    assert root.findtext(f"{SVG}title") == '<script>alert("1")</script> & co'
    assert not list(root.iter("script"))


def test_a_name_with_control_characters_is_still_xml() -> None:
    assert svg_of(replace(STARTER, name="a\x00b\x1fc\ud800")).findtext(f"{SVG}title") == "abc"


def test_the_picture_needs_nothing_from_outside() -> None:
    text = write_svg(layout_diagram(summarize(STARTER), 1056, 372))
    assert "href" not in text
    assert "url(" not in text
    assert text.count("http") == 1  # the namespace


def test_the_description_speaks_every_part() -> None:
    description = svg_of(STARTER).findtext(f"{SVG}desc") or ""
    assert "Block 2, 2 convolutions, 32 channels, 16 by 16 to 8 by 8" in description


def test_the_layer_at_fault_is_a_dashed_outline() -> None:
    root = svg_of(FAILING)
    dashed = [polygon for polygon in root.iter(f"{SVG}polygon") if polygon.get("stroke-dasharray")]
    assert {polygon.get("stroke") for polygon in dashed} == {LIGHT_PALETTE.hex("err"), LIGHT_PALETTE.hex("faint")}
