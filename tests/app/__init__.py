"""What the composition root answers itself: what all folders hold for a person."""
