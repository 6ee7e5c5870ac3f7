"""Weighting: by the score, to balance, from elsewhere, and the equations behind the weights."""
