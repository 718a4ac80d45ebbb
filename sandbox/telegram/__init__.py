"""Telegram: a Bot API server for one bot, and the people it talks to."""
