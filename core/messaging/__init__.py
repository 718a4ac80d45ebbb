"""Texts: accepting them, handing them to a gateway, and learning what became of them."""
