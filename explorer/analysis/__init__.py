"""Graph to numbers, one question per file."""
