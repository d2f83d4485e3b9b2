"""What part of the picture is seen: zoom, scroll, and which point stays under the pointer while zooming."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.export.diagram_scales import ZOOM_RANGE
from explorer.export.diagram_scene import DiagramScene, Rect

ZOOM_STEP = 1.15


@dataclass(slots=True)
class Viewport:
    """`zoom` None fits the view. `x`, `y` is the scene's point in the view's left upper corner."""

    zoom: float | None = None
    x: float = 0.0
    y: float = 0.0

    def clamp(self, scene: DiagramScene) -> None:
        """Keep the view inside the scene."""
        self.x = min(max(self.x, 0.0), max(0.0, scene.width - scene.view_width))
        self.y = min(max(self.y, 0.0), max(0.0, scene.height - scene.view_height))

    def scroll(self, dx: float, dy: float, scene: DiagramScene) -> bool:
        """Move the view; whether anything moved."""
        before = self.x, self.y
        self.x, self.y = self.x + dx, self.y + dy
        self.clamp(scene)
        return (self.x, self.y) != before

    def reveal(self, rect: Rect, scene: DiagramScene, margin: float = 32.0) -> bool:
        """Move the view no more than it takes to see `rect` sideways; whether anything moved."""
        room = min(margin, max(0.0, (scene.view_width - rect.width) / 2))
        if rect.x - room < self.x:
            return self.scroll(rect.x - room - self.x, 0.0, scene)
        if rect.right + room > self.x + scene.view_width:
            return self.scroll(rect.right + room - self.x - scene.view_width, 0.0, scene)
        return False


def stepped(zoom: float, steps: float) -> float:
    """`zoom` after `steps` notches, inside what is allowed."""
    return min(max(zoom * math.pow(ZOOM_STEP, steps), ZOOM_RANGE[0]), ZOOM_RANGE[1])


def place_of(scene: DiagramScene, x: float) -> float:
    """Where `x` lies among the parts: whole numbers are edges of volumes, so it means the same at any zoom."""
    edges = _edges(scene)
    for index in range(len(edges) - 1):
        if x <= edges[index + 1]:
            span = edges[index + 1] - edges[index]
            return index + (x - edges[index]) / span if span > 0 else float(index)
    return float(len(edges) - 1)


def x_at(scene: DiagramScene, place: float) -> float:
    """The x of a place that `place_of` gave, in another scene of the same parts."""
    edges = _edges(scene)
    index = min(int(place), len(edges) - 2)
    return edges[index] + (edges[index + 1] - edges[index]) * (place - index)


def _edges(scene: DiagramScene) -> Sequence[float]:
    inner = [edge for box in scene.boxes for edge in (box.bounds.x, box.bounds.right)]
    return [0.0, *inner, scene.width]
