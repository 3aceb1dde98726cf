"""Translation: what people read, in their language. The catalogues are Babel's; whoever shows a text asks here."""

from worker.translation.catalogue import catalogue, translate

__all__ = ["catalogue", "translate"]
