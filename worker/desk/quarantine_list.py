"""What the page of the quarantine lists: newest first, a page at a time, what has one reason together. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from jobs.model.names import RouteName
from jobs.model.reasons import ADVICE, Reason
from jobs.model.text import Text
from worker.desk.reason_titles import TITLES
from worker.storage.explanation import QuarantineEntry

PAGE = 50
"""Documents on one page; also the most that one form sends."""


@dataclass(frozen=True, slots=True)
class QuarantineChoice:
    """What somebody wants to see: one route or all, one reason or all, what waits or what was put aside for good."""

    route: RouteName | None = None
    reason: Reason | None = None
    dismissed: bool = False
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str], routes: Collection[RouteName]) -> Self:
        """Read an address; what makes no sense in it chooses nothing."""
        route, reason, page = query.get("route", ""), query.get("reason", ""), query.get("page", "")
        return cls(
            route=RouteName(route) if route in routes else None,
            reason=Reason(reason) if reason in set(Reason) else None,
            dismissed=query.get("show") == "dismissed",
            page=int(page)
            if page.isascii() and page.isdecimal() and 0 < len(page) < len("1000000") and int(page)
            else 1,
        )

    def address(self, **other: object) -> str:
        """The address that shows this, with some of it chosen otherwise; then from its first page on."""
        values = {"route": self.route, "reason": self.reason, "dismissed": self.dismissed, "page": 1} | other
        show = "dismissed" if values.pop("dismissed") else None
        named = {
            name: value for name, value in {**values, "show": show}.items() if value and (name, value) != ("page", 1)
        }
        return "/quarantine" + (f"?{urlencode(named)}" if named else "")


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Documents that lie there for one reason, newest first."""

    reason: Reason
    entries: tuple[QuarantineEntry, ...]

    @property
    def title(self) -> Text:
        """The reason in a few words."""
        return TITLES[self.reason]

    @property
    def advice(self) -> str:
        """What a person can do."""
        return ADVICE[self.reason]


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """One page of what was chosen; `total` counts all of it, and the counts tell what other choices would show."""

    choice: QuarantineChoice
    groups: tuple[ReasonGroup, ...]
    total: int
    pages: int
    by_route: Counter[RouteName]
    by_reason: Counter[Reason]

    @classmethod
    def of(cls, entries: Sequence[QuarantineEntry], choice: QuarantineChoice) -> Self:
        """Choose of all that the person may see. A page beyond the last is the last."""
        of_route = [one for one in entries if choice.route in {None, one.explanation.route}]
        chosen = [one for one in of_route if choice.reason in {None, one.explanation.reason}]
        newest = sorted(chosen, key=lambda one: one.explanation.quarantined_at, reverse=True)
        pages = max(1, -(-len(newest) // PAGE))
        page = min(choice.page, pages)
        return cls(
            choice=QuarantineChoice(choice.route, choice.reason, choice.dismissed, page),
            groups=_group(newest[(page - 1) * PAGE : page * PAGE]),
            total=len(newest),
            pages=pages,
            by_route=Counter(one.explanation.route for one in entries if one.explanation.route),
            by_reason=Counter(one.explanation.reason for one in of_route),
        )


def _group(entries: Iterable[QuarantineEntry]) -> tuple[ReasonGroup, ...]:
    """By reason, in the order in which each has its newest."""
    groups: dict[Reason, list[QuarantineEntry]] = {}
    for entry in entries:
        groups.setdefault(entry.explanation.reason, []).append(entry)
    return tuple(ReasonGroup(reason, tuple(members)) for reason, members in groups.items())
