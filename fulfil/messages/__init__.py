"""Messages that leave the house to people: short messages to a phone. The embedded gateway is the console."""
