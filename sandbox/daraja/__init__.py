"""Safaricom's Daraja, M-Pesa behind it, and the callbacks it makes."""
