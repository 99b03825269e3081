"""Delivery (配送): the way to the customer by milestones, proven with a PIN, and the way back."""
