"""The choice in force, which may change while the vendor runs."""

from sandbox.variants.model import Variants


class Switchboard:
    """Hold the choice; one that was handed out never changes."""

    def __init__(self, variants: Variants) -> None:
        """Begin with the choice made at the start."""
        self.variants = variants

    def set(self, variants: Variants) -> None:
        """Let every answer from now on be made in another way."""
        self.variants = variants
