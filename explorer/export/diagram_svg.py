"""The picture of a network as one self-contained SVG text, drawn from the same scene as in the window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from explorer.export.diagram_scene import (
    GLYPH_HATCH_STEP,
    PLUS_ARM,
    DiagramScene,
    FieldGlyph,
    Joint,
    Label,
    LegendEntry,
    Line,
    Mark,
    Polygon,
    Segment,
    Volume,
    dots,
    hatching,
    legend_sign,
    legend_width,
    pill_box,
)
from explorer.export.diagram_text import DETAIL_SIZE, DETAIL_WEIGHT, approximate_width
from explorer.palette import LIGHT_PALETTE, Palette, band_faces, faces

FONT = "Inter, Noto Sans, Helvetica Neue, Arial, sans-serif"
ARROW_LENGTH, ARROW_HALF = 7.0, 4.0
DASH = "4 3"
UNFOLDS = " \u203a"
"""The sign of a pill that unfolds, which a picture in a file does not."""
_TABULAR = "'tnum'"
LEGEND_X, LEGEND_Y, LEGEND_STEP = 20.0, 26.0, 18.0


def write_svg(scene: DiagramScene, palette: Palette = LIGHT_PALETTE, *, background: bool = True) -> str:
    """`scene` as SVG: text stays text, and nothing outside the file is needed."""
    width, height = _number(scene.width), _number(scene.height)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    title = escape(_writable(scene.title))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description">',
        f'<title id="title">{title}</title>',
        f'<desc id="description">{escape("; ".join(box.spoken for box in scene.boxes))}</desc>',
    ]
    if background:
        parts.append(f'<rect width="{width}" height="{height}" fill="{palette.hex("canvas")}"/>')
    parts += [f"<g font-family={quoteattr(FONT)} font-feature-settings={quoteattr(_TABULAR)}>"]
    parts += _legend(scene.legend, palette)
    parts += _plates(scene, palette)
    for line in scene.lines:
        parts += _line(line, palette)
    for volume in scene.volumes:
        parts += _volume(volume, palette)
    for joint in scene.joints:
        parts += _joint(joint, palette)
    for glyph in scene.glyphs:
        parts += _glyph(glyph, palette)
    parts += [_label(label, palette) for label in scene.labels]
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _writable(text: str) -> str:
    """`text` without the characters that no XML may hold."""
    return "".join(
        char for char in text if char >= " " and not "\ud800" <= char <= "\udfff" and char not in "\ufffe\uffff"
    )


def _plates(scene: DiagramScene, palette: Palette) -> Iterator[str]:
    for box in scene.boxes:
        if box.state == "failed":
            plate = box.plate
            yield (
                f'<rect x="{_number(plate.x)}" y="{_number(plate.y)}" width="{_number(plate.width)}" '
                f'height="{_number(plate.height)}" rx="10" fill="{palette.hex("errSoft")}" '
                f'stroke="{palette.hex("errLine")}" stroke-width="1.5"/>'
            )


def _line(line: Line, palette: Palette) -> Iterator[str]:
    color = palette.hex(_LINES.get((line.state, line.arc), "line2"))
    dash = f' stroke-dasharray="{DASH}"' if line.state != "whole" else ""
    width = 2 if line.arc else 1.2
    start, *rest = (f"{_number(x)} {_number(y)}" for x, y in line.shaft(ARROW_LENGTH))
    way = "".join(f"C{' '.join(rest[at : at + 3])}" for at in range(0, len(rest), 3)) if line.curved else ""
    way = way or "".join(f"L{point}" for point in rest)
    yield f'<path d="M{start}{way}" stroke="{color}" stroke-width="{width}" fill="none"{dash}/>'
    if line.arrow:
        yield _polygon(line.head(ARROW_LENGTH, ARROW_HALF), color, "none")


_LINES = {("failed", False): "errLine", ("failed", True): "errLine", ("whole", True): "text"}
"""The colour of a line by its state and whether it is an arc; all others are plain."""


def _joint(joint: Joint, palette: Palette) -> Iterator[str]:
    color = palette.hex("err" if joint.state == "failed" else "faint" if joint.state == "unreached" else "text")
    x, y, radius = joint.x, joint.y, joint.radius
    circle = f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(radius)}" fill="{color}"/>'
    if not joint.node:
        yield circle
        return
    plus = f"M{_number(x - radius * PLUS_ARM)} {_number(y)}h{_number(2 * radius * PLUS_ARM)}"
    plus += f"M{_number(x)} {_number(y - radius * PLUS_ARM)}v{_number(2 * radius * PLUS_ARM)}"
    ground = palette.hex("panel")
    yield f"<g data-node={quoteattr(joint.node)}>{circle}"
    yield f'<path d="{plus}" stroke="{ground}" stroke-width="2" stroke-linecap="round" fill="none"/></g>'


def _volume(volume: Volume, palette: Palette) -> Iterator[str]:
    shades = faces(palette, volume.kind)
    if volume.state != "whole":
        color = palette.hex("err" if volume.state == "failed" else "faint")
        for polygon in (volume.front, volume.top, volume.side):
            yield _polygon(polygon, "none", color, dash=True)
        return
    yield f"<g data-node={quoteattr(volume.node)}>"
    if volume.bands:
        for band in volume.bands:
            shades = band_faces(palette, band.path)
            yield _polygon(volume.band_front(band), shades.front, "none")
            yield _polygon(volume.band_top(band), shades.top, "none")
        yield _polygon(volume.front, "none", shades.outline)
        yield _polygon(volume.top, "none", shades.outline)
    else:
        yield _polygon(volume.front, shades.front, shades.outline)
        yield _polygon(volume.top, shades.top, shades.outline)
    ground = shades.side if volume.texture == "plain" else shades.ground
    yield _polygon(volume.side, ground, shades.outline)
    if volume.texture == "hatched":
        yield _strokes(hatching(volume.side), shades.stroke, 1.5)
    elif volume.texture == "dotted":
        path = "".join(f"M{_number(x)} {_number(y)}h.01" for x, y in dots(volume.side))
        yield f'<path d="{path}" stroke="{shades.stroke}" stroke-width="1.8" stroke-linecap="round"/>'
    if volume.capped:
        yield _polygon(volume.cap, palette.hex("norm"), faces(palette, "norm").outline)
    yield "</g>"


def _glyph(glyph: FieldGlyph, palette: Palette) -> Iterator[str]:
    outer, inner = glyph.box, glyph.inner
    color = palette.hex("warn" if glyph.over else "line2")
    corner = f'x="{_number(outer.x)}" y="{_number(outer.y)}" width="{_number(outer.width)}"'
    ground = palette.hex("warnSoft") if glyph.over else palette.hex("panel")
    yield f'<rect {corner} height="{_number(outer.height)}" fill="{ground}" stroke="{color}"/>'
    if glyph.over:
        yield _strokes(hatching(outer.polygon, GLYPH_HATCH_STEP, 1.0), color, 1.0)
    else:
        yield (
            f'<rect x="{_number(inner.x)}" y="{_number(inner.y)}" width="{_number(inner.width)}" '
            f'height="{_number(inner.height)}" fill="{palette.hex("conv")}"/>'
        )


def _label(label: Label, palette: Palette) -> str:
    ground = ""
    if label.role in {"badge", "pill"}:
        box = pill_box(label)
        ground = (
            f'<rect x="{_number(box.x)}" y="{_number(box.y)}" width="{_number(box.width)}" '
            f'height="{_number(box.height)}" rx="{_number(box.height / 2)}" fill="{palette.hex("raised")}" '
            f'stroke="{palette.hex("line2")}"/>'
        )
    return ground + (
        f'<text x="{_number(label.x)}" y="{_number(label.y)}" font-size="{_number(label.size)}" '
        f'font-weight="{label.weight}" text-anchor="{label.anchor}" fill="{palette.hex(label.token)}">'
        f"{escape(label.text.removesuffix(UNFOLDS))}</text>"
    )


def _legend(entries: Iterable[LegendEntry], palette: Palette) -> Iterator[str]:
    x = LEGEND_X
    for entry in entries:
        yield from _legend_mark(entry.kind, x, palette)
        at = x + legend_width(entry.kind)
        yield (
            f'<text x="{_number(at)}" y="{_number(LEGEND_Y + 4)}" font-size="{_number(DETAIL_SIZE)}" '
            f'font-weight="{DETAIL_WEIGHT}" fill="{palette.hex("muted")}">{escape(entry.word)}</text>'
        )
        x = at + approximate_width(entry.word, DETAIL_SIZE, DETAIL_WEIGHT) + LEGEND_STEP


def _legend_mark(mark: Mark, x: float, palette: Palette) -> Iterator[str]:
    sign = legend_sign(mark, x, LEGEND_Y)
    return _joint(sign, palette) if isinstance(sign, Joint) else _volume(sign, palette)


def _strokes(segments: Iterable[Segment], color: str, width: float) -> str:
    path = "".join(f"M{_number(x0)} {_number(y0)}L{_number(x1)} {_number(y1)}" for x0, y0, x1, y1 in segments)
    return f'<path d="{path}" stroke="{color}" stroke-width="{_number(width)}" fill="none"/>'


def _polygon(points: Polygon, fill: str, stroke: str, *, dash: bool = False) -> str:
    path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    dashes = f' stroke-dasharray="{DASH}"' if dash else ""
    line = f'stroke="{stroke}" stroke-width="0.9" stroke-linejoin="round"{dashes}'
    return f'<polygon points="{path}" fill="{fill}" {line}/>'


def _number(value: float) -> str:
    """At most two decimals, and none that are 0."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if "." in f"{value:.2f}" else f"{value:.2f}"
