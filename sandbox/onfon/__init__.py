"""Onfon's bulk SMS gateway, the operators behind it, and its delivery reports."""
