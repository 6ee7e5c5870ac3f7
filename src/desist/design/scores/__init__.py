"""Propensity scores: where they come from, how they are estimated, where they overlap."""
