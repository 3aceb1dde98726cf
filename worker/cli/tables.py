"""Rows of facts: a table for people at a terminal, lines with tabs for everything that reads them, never cut."""

from collections.abc import Mapping, Sequence

import typer
from rich.table import Table
from rich.text import Text

from worker.cli.console import console
from worker.cli.plain_text import PlainTable, plain

Row = Mapping[str, object]
"""One row; its keys are the columns. A cell is a string, rich's own text, or anything that has a string."""


def show_table(rows: Sequence[Row], title: str = "") -> None:
    """Print rows that all have the same columns; nothing where there are none.

    At a terminal as a table that breaks long cells and shortens nothing. Piped, as a line of titles and a line for each
    row, with tabs between. Where nothing but errors is wanted, the first cell of each row, which is an id as a rule.
    """
    if not rows:
        return
    if console.quiet:
        for row in rows:
            typer.echo(plain(str(next(iter(row.values())))).plain)
    elif console.is_terminal:
        console.print(draw_table(rows, title))
    else:
        lines = [title] if title else []
        lines += ["\t".join(rows[0]), *("\t".join(map(_in_one_line, row.values())) for row in rows)]
        typer.echo("\n".join(lines))


def draw_table(rows: Sequence[Row], title: str = "") -> Table:
    """The table for a terminal. Strings mean just what they say, with no markup in them."""
    table = PlainTable(title=title or None, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for place, column in enumerate(rows[0]):
        # The first, an id as a rule, is never broken.
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else str(cell) for cell in row.values()))
    return table


def _in_one_line(cell: object) -> str:
    return plain(" ".join(str(cell).split("\n"))).plain
