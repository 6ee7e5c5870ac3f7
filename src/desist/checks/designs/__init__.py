"""Checks that know how the design was made."""
