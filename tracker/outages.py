"""What stops the work although nothing is wrong with what is worked on: a full disk, a store that does not answer."""

PAUSE = 30.0  # seconds until the next look


class Outage(Exception):
    """Something that the work takes is out of order. The message says what, and what to do.

    It says nothing about the document: the row waits ``seconds``, its attempt does not count, and nothing is given up.
    """

    seconds = PAUSE
