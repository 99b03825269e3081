"""The shop itself: opening, area and fee, item identity, places on the floor, and what a scanner may read."""
