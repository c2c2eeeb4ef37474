"""Rows as JSON. Every field is listed; every row is named by its ``uid``."""
