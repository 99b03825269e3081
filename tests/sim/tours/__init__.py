"""Tests of tours that are found at leisure: walks, batches, plans put together anew."""
