"""What a shop sells and for how much: products, categories, search, and the import of a catalogue file."""
