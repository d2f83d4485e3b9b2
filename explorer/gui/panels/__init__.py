"""One view per file; each shows the document and asks for edits."""
