"""Pages of the sandbox channel."""
