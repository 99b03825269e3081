"""The handover counter: a rider comes, every bag is fetched and scanned, the server releases."""
