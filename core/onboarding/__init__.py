"""Sign-up: a business registers, proves its phone, and waits for approval."""
