"""Counts of offences over time at risk."""
