"""What people are told without having asked: results, alarms, digests.

Facts come from the outbox (`core.events`). Each is looked at once (`facts`), which writes down whom
to tell; each of these notices is then handed over at most once (`posting`). What admins decide upon
is a card in the ops chat (`cards`), which follows its subject wherever that is decided; what is
merely wrong is an alert (`alerts`).
"""
