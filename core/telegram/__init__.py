"""What both the web server and the workers know of Telegram: updates, places, things to delete."""
