"""Businesses, the people in them, their keys, and the record of who did what."""
