"""The book that keeps parts' pictures and words from one layout to the next."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from itertools import count

from explorer.export.diagram_labels import PartWords
from explorer.export.diagram_pictures import Picture

MOST_PICTURES = 1024


class Sketchbook:
    """Pictures by what they show: an edit of one block draws that block alone.

    It gives the very same picture again, and forgets what was not used for the longest time.
    """

    def __init__(self) -> None:
        self._contents: dict[str, tuple[int, object, object]] = {}
        self._words: dict[str, tuple[object, PartWords]] = {}
        self._numbers = count()
        self._pictures: dict[Hashable, Picture] = {}  # the last one used comes last

    def number(self, part: str, origin: object, content: Callable[[], object]) -> int:
        """A number that `part` keeps for as long as its `content` is equal: quicker to look up than the content.

        That is asked for only where its `origin`, all that it is made from, is another.
        """
        kept = self._contents.get(part)
        if kept is None or kept[1] != origin:
            shown = content()
            number = kept[0] if kept is not None and kept[2] == shown else next(self._numbers)
            kept = self._contents[part] = number, origin, shown
        return kept[0]

    def words(self, part: str, origin: object, write: Callable[[], PartWords]) -> PartWords:
        """The words under `part`, written again where their `origin` is another."""
        kept = self._words.get(part)
        if kept is None or kept[0] != origin:
            kept = self._words[part] = origin, write()
        return kept[1]

    def picture(self, key: Hashable, draw: Callable[[], Picture]) -> Picture:
        """The picture kept under `key`, else a new one."""
        picture = self._pictures.pop(key, None) or draw()
        self._pictures[key] = picture
        if len(self._pictures) > MOST_PICTURES:
            del self._pictures[next(iter(self._pictures))]
        return picture
