"""Networks from what users have: tutorial code, printed networks, notebooks, and error messages.

Code is read with `ast` and followed on paper; nothing of it is ever executed.
"""
