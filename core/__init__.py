"""The product itself: subjects, their rules and their tables, knowing nothing of any door."""
