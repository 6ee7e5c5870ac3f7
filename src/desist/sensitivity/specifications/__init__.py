"""Every reasonable way to make one evaluation, side by side."""
