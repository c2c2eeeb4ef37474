"""Pure text analysis: no Django, no Celery, no database. Usable as a library and from the command line."""
