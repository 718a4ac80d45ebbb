"""`tuma screens`: every screen of every flow, so that somebody who speaks the language can judge.

The flows are walked with prepared answers on a database that is thrown away afterwards.
"""
