"""Use cases of reports, one file each."""
