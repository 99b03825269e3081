"""How much there is: on hand, reserved, quarantined; every change a movement, every promise a reservation."""
