"""The ops chat from within: what an admin says or presses, and what comes of it."""
