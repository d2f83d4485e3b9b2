"""The diagram: the interactive canvas, and the painter that exports share."""

from explorer.gui.panels.diagram.paint import Look, paint_diagram
from explorer.gui.panels.diagram.panel import DiagramPanel

__all__ = ["DiagramPanel", "Look", "paint_diagram"]
