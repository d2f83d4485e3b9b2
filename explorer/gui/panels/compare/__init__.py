"""The page Compare: two networks or groups of runs side by side, and the kernel lab."""
