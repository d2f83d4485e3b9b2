"""The live plots of the Train page: own painting on QPainter, because a curve of a million points must cost nothing."""
