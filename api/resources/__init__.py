"""What a tenant's program can ask, one file a noun."""
