"""What providers tell us: answered at once, stored first, understood later."""
