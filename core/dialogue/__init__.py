"""Conversations: written once as generators, drawn by any door."""
