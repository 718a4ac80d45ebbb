"""The USSD door: gateway dialects in, short screens out."""
