"""The HTTP door: the REST API and the callbacks of providers."""
