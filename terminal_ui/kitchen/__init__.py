"""The kitchen: what a station makes, when it begins, what is ready, what is sold out."""
