"""Cohort, design, models and checks in one evaluation."""
