"""What the pages at a desk share, in Chromium."""
