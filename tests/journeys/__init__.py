"""Stories through the whole application."""
