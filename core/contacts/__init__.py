"""Whom a business writes to: contacts, and the groups it keeps them in."""
