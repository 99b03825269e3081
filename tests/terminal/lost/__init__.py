"""What a browser shows where the server has nothing to show."""
