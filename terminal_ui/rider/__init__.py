"""The phone of the shop's own riders: offers, the badge for the counter, the way, the PIN, the way back."""
