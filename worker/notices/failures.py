"""What can come of telling somebody, besides that it worked. Each is a sentence for whoever mends it."""


class NotTold(Exception):
    """It failed; it may work later."""


class Unreachable(NotTold):
    """Nobody was there: the other notices for this target need not be tried now."""


class Hindered(NotTold):
    """This one alone is refused, and may work once somebody has mended it, however long that takes."""


class Unwanted(NotTold):
    """The receiver wants nothing any more (410 Gone, RFC 9110 §15.5.11)."""
