"""Curves that stay fluid while a run trains."""
