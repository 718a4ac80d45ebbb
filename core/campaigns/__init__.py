"""One text to many people: templates, audiences, what it costs, and its life."""
