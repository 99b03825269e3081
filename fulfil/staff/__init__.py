"""Staff: people and roles, shifts, enrolled devices, sessions by badge and PIN, presence, API tokens."""
