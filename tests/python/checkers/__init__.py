"""Judges histories: what clients asked and were told, apart from the code that is tested.

Each module has one property and a function `violations`, which gives one line for each violation
that it finds. Nothing here talks to a server.
"""
