"""What people may ask of those who keep their data: to see it, and to be forgotten."""
