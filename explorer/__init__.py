"""Conv-Arch Explorer: compose, understand, train and report on VGG-style networks."""

__version__ = "0.1.0"
