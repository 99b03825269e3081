"""The shared core of the staff screens: parser, scanner, outbox."""
