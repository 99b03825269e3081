"""The command line: what it teaches, refuses and does, each command as a process of its own."""
