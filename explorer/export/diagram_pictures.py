"""A part's picture, the place where it stands, and the book that keeps pictures from one layout to the next."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import count
from typing import NamedTuple

from explorer.export.diagram_shapes import Branches, Joint, Label, Line, Point, Volume

MOST_PICTURES = 1024


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


class Sketchbook:
    """Pictures by what they show: an edit of one block draws that block alone.

    It gives the very same picture again, and forgets what was not used for the longest time.
    """

    def __init__(self) -> None:
        self._contents: dict[str, tuple[int, object]] = {}
        self._numbers = count()
        self._pictures: dict[Hashable, Picture] = {}  # the last one used comes last

    def number(self, part: str, content: object) -> int:
        """A number that `part` keeps for as long as its `content` is equal: quicker to look up than the content."""
        kept = self._contents.get(part)
        if kept is None or kept[1] != content:
            kept = self._contents[part] = next(self._numbers), content
        return kept[0]

    def picture(self, key: Hashable, draw: Callable[[], Picture]) -> Picture:
        """The picture kept under `key`, else a new one."""
        picture = self._pictures.pop(key, None) or draw()
        self._pictures[key] = picture
        if len(self._pictures) > MOST_PICTURES:
            del self._pictures[next(iter(self._pictures))]
        return picture
