"""The handheld of people on their feet in the shop: offers, totes, picking line by line, put-back, staging."""
