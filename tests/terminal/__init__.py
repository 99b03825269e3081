"""The screens in real Chromium against a small stand-in for the server that can lose answers and go away."""
