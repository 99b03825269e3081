"""Tests of the planner: its process, what it answers, and the matching of many."""
