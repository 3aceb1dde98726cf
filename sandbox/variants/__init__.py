"""One switch for each place where the sources about the vendor differ (reference §7), and the choice that is made."""

from sandbox.variants.model import Variants

__all__ = ["Variants"]
