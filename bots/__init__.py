"""The Telegram door: conversations with customers and with the ops chat."""
