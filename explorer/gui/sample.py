"""The picture that the network's input wears: the first of the chosen data set."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage

from explorer.errors import ExplorerError
from explorer.runs.pictures import Picture

if TYPE_CHECKING:
    from explorer.gui.panels.diagram import DiagramPanel

_log = logging.getLogger(__name__)


class InputSample(QObject):
    """Keeps the picture on the diagram in step with the data set."""

    def __init__(self, diagram: DiagramPanel) -> None:
        super().__init__(diagram)
        self._diagram = diagram
        self._picture: Picture | None = None

    def load_built_in(self) -> None:
        """Take the first picture of the set that is built in, unless another came before."""
        from explorer.runs.datasets import SMALL_SET
        from explorer.runs.samples import sample_pictures

        if self._picture is not None:
            return
        try:
            self.set_pictures(sample_pictures(SMALL_SET, count=1))
        except ExplorerError as error:
            _log.warning("no sample picture: %s", error)

    def set_pictures(self, pictures: tuple[Picture, ...]) -> None:
        """Take the first of `pictures`; without any, the input has a plain face."""
        self._picture = pictures[0] if pictures else None
        self._diagram.set_sample(plain_image(self._picture) if self._picture is not None else None)


def plain_image(picture: Picture) -> QImage:
    """The picture as Qt draws it, grey or in colour; the diagram tints what is grey."""
    width, height = picture.width, picture.height
    if picture.channels == 1:
        return QImage(picture.pixels, width, height, width, QImage.Format.Format_Grayscale8).copy()
    plane = width * height
    mixed = bytearray(3 * plane)
    for channel in range(3):
        mixed[channel::3] = picture.pixels[channel * plane : (channel + 1) * plane]
    return QImage(bytes(mixed), width, height, 3 * width, QImage.Format.Format_RGB888).copy()
