"""Many texts at once: priced and written beforehand, held for as one, then stored in chunks."""
