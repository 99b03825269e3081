"""The migration line, on both databases."""
