"""Weighted outcomes of people, compared as means, odds or ranks."""
