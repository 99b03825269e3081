"""The handheld of people on their feet: offers, totes, picking line by line, put-back, staging."""
