"""Contacts from files: read as they come, every row accounted for."""
