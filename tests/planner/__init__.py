"""Tests of the planner: tours, batches, plans put together anew."""
