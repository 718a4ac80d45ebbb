"""Stand-ins for the companies Tuma talks to, and a handset to play the customer with.

Everything here behaves like the outside world as far as it is known. The addresses and the
faults are listed in docs/sandbox.md.
"""
