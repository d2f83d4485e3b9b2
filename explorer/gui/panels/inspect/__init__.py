"""The page Inspect: how a run is tested, which pictures it gets wrong, where it looks, and what an average gains."""
