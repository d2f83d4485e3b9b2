"""Dialogs: only where a panel cannot do."""
