"""Item models behind the tables."""
