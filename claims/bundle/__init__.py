"""The evidence bundle of one dossier: what is in it, and how anybody verifies it with nothing else at hand.

No Django, no database, no settings: ``python -m claims.bundle FILE`` works on any machine that has this package,
``cryptography`` and ``warcio``.
"""
