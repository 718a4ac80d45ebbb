"""What the operator's program can ask, one file a noun."""
