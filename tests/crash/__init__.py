"""kill -9 at the commits of an order's life: its client goes on, and nothing is lost or doubled."""
