"""Money coming in: top-ups, M-Pesa news, receipts credited exactly once."""
