"""The operator's commands, a file per noun; `app/cli.py` puts them together.

A command imports what it works with where it works, and its file no more than says what it is given
(`access`, `core`, the terminal): nobody who adds a colleague or asks for help waits for doors and
documents to be built.
"""
