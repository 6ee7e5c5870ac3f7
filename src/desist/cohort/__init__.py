"""Who the people are, and what happened to them."""
