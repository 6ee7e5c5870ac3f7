"""What knows how the design was made."""
