"""What a training run is: its configuration, its events, its store. No torch."""
