"""A part's picture, and the place where it stands."""

from __future__ import annotations

from typing import NamedTuple

from explorer.export.diagram_shapes import Branches, Joint, Label, Line, Point, Volume


class Picture(NamedTuple):
    """A part's volumes in paint order, and how far they reach to the right of x = 0 and above and below the axis.

    `lines`, `joints` and `labels` are those inside a block with branches; a flow line that meets a joint has no
    `arrow`. `rigid` pictures do not shrink with the scale. Of `pill`, the longest text that has room stands above
    `pill_x`.
    """

    volumes: tuple[Volume, ...]
    width: float
    above: float
    below: float
    lines: tuple[Line, ...] = ()
    joints: tuple[Joint, ...] = ()
    labels: tuple[Label, ...] = ()
    arrow: bool = True
    rigid: bool = False
    branches: Branches = ""
    pill: tuple[str, ...] = ()
    pill_at: Point = (0.0, 0.0)


class Placed(NamedTuple):
    """The picture of `part`, its x = 0 at `x` and its axis at `y` of the scene."""

    part: str
    picture: Picture
    x: float
    y: float

    def moved(self, x: float) -> Placed:
        """The same picture `x` further to the right."""
        return self._replace(x=self.x + x)

    @property
    def volumes(self) -> list[Volume]:
        """The picture's volumes where they stand in the scene."""
        return [volume.moved(self.x, self.y) for volume in self.picture.volumes]

    @property
    def lines(self) -> list[Line]:
        """The picture's own lines where they stand in the scene."""
        return [line.moved(self.x, self.y) for line in self.picture.lines]

    @property
    def joints(self) -> list[Joint]:
        """The picture's joints where they stand in the scene."""
        return [joint.moved(self.x, self.y) for joint in self.picture.joints]
