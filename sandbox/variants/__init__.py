"""One switch for each place where the sources about the vendor differ (vendor §7), and the choice that is made."""

from sandbox.variants.model import Variants

__all__ = ["Variants"]
