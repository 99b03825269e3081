"""The handover counter: a rider comes, the counter fetches and scans every bag, the server releases the order."""
