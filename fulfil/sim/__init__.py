"""What stands in for the world outside: virtual people, the sandbox payment channel, faults, the demo."""
