"""Tests of dispatch: the plan, tickets and offers, ops, takeover, cancel, containers."""
