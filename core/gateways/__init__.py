"""Clients of the outside: one provider each, no tables, no rules, four outcomes."""
