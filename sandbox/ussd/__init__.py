"""A phone that dials, and Africa's Talking between it and the application."""
