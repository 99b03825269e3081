"""Orders: quote, submission through the chain of steps (O1), and the two machines of an order (O7)."""
