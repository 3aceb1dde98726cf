"""Text of others on a terminal: shown as it is, with no markup and no control characters in it."""

from rich.console import RenderableType
from rich.style import StyleType
from rich.table import Table
from rich.text import Text as RichText

from worker.storage.names import escape_controls

GOOD, UNSURE, BAD = RichText("✔", "green"), RichText("!", "yellow"), RichText("✘", "red")


def plain(text: str) -> RichText:
    """The text as rich shows it letter by letter; line breaks break lines."""
    return RichText("\n".join(map(escape_controls, text.split("\n"))))


class PlainTable(Table):
    """A table in which a cell that is a string means just that, and no markup."""

    def add_row(self, *cells: RenderableType | None, style: StyleType | None = None, end_section: bool = False) -> None:
        """Add a row of strings, or of what is rich's own."""
        shown = [plain(cell) if isinstance(cell, str) else cell for cell in cells]
        super().add_row(*shown, style=style, end_section=end_section)
