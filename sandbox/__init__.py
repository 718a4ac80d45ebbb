"""Stand-ins for every provider, over real HTTP, for development and tests."""
