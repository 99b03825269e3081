"""Browser libraries kept in the repository with version, licence and hash (VENDOR.txt); nothing is built."""
