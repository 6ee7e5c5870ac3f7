"""Two counts and two sizes, or their like: no people."""
