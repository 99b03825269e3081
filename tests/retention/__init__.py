"""What goes by age, to the archive, or is erased; and that nothing else does."""
