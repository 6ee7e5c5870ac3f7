"""Matching: by radius, nearest, optimal and full, within strata."""
