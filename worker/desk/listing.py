"""What a list of batches, or a search, is asked for in its address; and the addresses of its other pages. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from jobs.model.names import RouteName
from jobs.model.text import Text
from worker.storage.index.batch_index import BatchFilter
from worker.storage.index.entries import Standing

_MOST_DIGITS = 6
"""Of the number of a page."""


@dataclass(frozen=True, slots=True)
class BatchQuery:
    """Which batches are asked for: of one route or of all, in one standing or in any, gathered on these days.

    `mistake` says what of the address was not understood, and so was left out.
    """

    route: RouteName | None = None
    standing: Standing | None = None
    since: date | None = None
    until: date | None = None
    page: int = 1
    mistake: Text | None = None

    @classmethod
    def read(cls, query: Mapping[str, str], routes: frozenset[RouteName]) -> "BatchQuery":
        """Read the query of an address; `routes` are those that the person may see."""
        mistake: Text | None = None
        days: dict[str, date | None] = {}
        for name in ("since", "until"):
            try:
                days[name] = _read_day(query.get(name, ""))
            except ValueError:
                days[name] = None
                mistake = Text("{text} is no date such as 2026-11-23. It was left out.", text=query[name][:30])
        route, standing = RouteName(query.get("route", "")), query.get("standing", "")
        return cls(
            route=route if route in routes else None,
            standing=Standing(standing) if standing in set(Standing) else None,
            since=days["since"],
            until=days["until"],
            page=read_page(query),
            mistake=mistake,
        )

    def filter(self, routes: frozenset[RouteName]) -> BatchFilter:
        """What the index is asked for."""
        return BatchFilter(
            routes=routes if self.route is None else frozenset({self.route}),
            standings=frozenset() if self.standing is None else frozenset({self.standing}),
            since=self.since,
            until=self.until,
        )

    def address(self, page: int) -> str:
        """The address of another page of the same list."""
        asked = {"route": self.route, "standing": self.standing, "since": self.since, "until": self.until}
        return f"/batches?{urlencode({name: str(value) for name, value in asked.items() if value} | {'page': page})}"


def search_address(text: str, page: int) -> str:
    """The address of a page of what is found for the text."""
    return f"/search?{urlencode({'q': text, 'page': page})}"


def read_page(query: Mapping[str, str]) -> int:
    """The number of the page, from 1; that of the first where there is none."""
    text = query.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else 1


def _read_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
