"""Pictures; each is a matplotlib Figure, and nothing is shown."""
