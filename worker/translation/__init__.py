"""Translation: what people read, in their language. The catalogues are Babel's; whoever shows a text asks here."""

from worker.translation.catalogue import catalogue
from worker.translation.formats import calendar_day, day, moment, size
from worker.translation.telling import translate

__all__ = ["calendar_day", "catalogue", "day", "moment", "size", "translate"]
