"""The Telegram bot: the same conversations, drawn with buttons."""

import os

# A wait is a timedelta in the library's future; choosing it now spares us its warnings.
os.environ.setdefault("PTB_TIMEDELTA", "1")
