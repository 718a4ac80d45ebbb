"""Accounts, transfers, holds, seals, and the proof of their sums."""
