"""What leaves the house to people and programs: short messages, e-mail, webhooks, and alarms."""
