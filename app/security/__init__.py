"""Passwords, tokens, second factor, keys and sealing: no tables, no HTTP."""
