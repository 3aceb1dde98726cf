"""What the vendor turned out to take at once. It publishes no figures (vendor §8), so its refusals teach them. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field

from jobs.model.frozen import Frozen
from jobs.model.text import Text, quote


class LimitKind(StrEnum):
    """What is limited. Values are names of files in the data folder."""

    CONSENT = "consent"
    """Documents under one authorization, so in one CalculateDigest."""
    SIGNATURE = "signature"
    """Digests in one signature call."""
    CALLS = "calls"
    """Signature calls under one authorization."""
    FINALIZE = "finalize"
    """Documents in one finalize call."""
    ARCHIVE = "archive"
    """Documents in one call for archive timestamps."""
    LIFE = "life"
    """Seconds for which a consent can be used; its token tells them, no refusal."""


SUSPICION = timedelta(days=7)
"""How long something is taken for a limit where another cause is as likely: then it is tried anew."""
_LONGEST_WORDS = 300
_FIGURES = (1000, 500, 250, 100)
"""What is tried in turn where nothing tells the limit; a hundred sessions can be opened in one call, so no less."""


def next_figure(count: int) -> int | None:
    """What to try instead of a number that may have been too large; None where that is not likely."""
    return next((figure for figure in _FIGURES if figure < count), None)


def even_part(count: int, most: int) -> int:
    """How many of `count` the first part has, where no part has more than `most`, and there are as few as can be.

    All are about as large, in whole hundreds where that fits: so none leaves a small rest where it is divided again.
    """
    even = -(-count // -(-count // most))
    return min(most, -(-even // _FIGURES[-1]) * _FIGURES[-1])


class LearnedLimit(Frozen):
    """The most that was taken at once, or is tried next; `said` are the vendor's words when it refused more.

    It counts until somebody forgets it, or `until` that time.
    """

    kind: LimitKind
    most: int = Field(ge=1)
    learned_at: AwareDatetime
    said: Annotated[str, AfterValidator(partial(quote, most=_LONGEST_WORDS))] = ""
    until: AwareDatetime | None = None

    @property
    def sentence(self) -> Text:
        """The limit in plain words."""
        match self.kind:
            case LimitKind.CONSENT:
                return Text.counted(
                    "{count} document at most with one approval",
                    "{count} documents at most with one approval",
                    self.most,
                )
            case LimitKind.SIGNATURE:
                return Text.counted(
                    "{count} digest at most in one signature call",
                    "{count} digests at most in one signature call",
                    self.most,
                )
            case LimitKind.CALLS:
                return Text.counted(
                    "{count} signature call at most with one approval",
                    "{count} signature calls at most with one approval",
                    self.most,
                )
            case LimitKind.FINALIZE:
                return Text.counted(
                    "{count} document at most is completed in one call",
                    "{count} documents at most are completed in one call",
                    self.most,
                )
            case LimitKind.ARCHIVE:
                return Text.counted(
                    "{count} document at most is archived in one call",
                    "{count} documents at most are archived in one call",
                    self.most,
                )
            case LimitKind.LIFE:
                return Text.counted(
                    "a consent can be used for {count} second", "a consent can be used for {count} seconds", self.most
                )


class LearnedLimits(Frozen):
    """Everything that is known of one vendor, one limit of each kind at most."""

    limits: tuple[LearnedLimit, ...] = ()

    @property
    def met(self) -> tuple[LearnedLimit, ...]:
        """Those that a refusal taught."""
        return tuple(limit for limit in self.limits if limit.kind is not LimitKind.LIFE)

    @property
    def token_life(self) -> timedelta | None:
        """How long a consent can be used; None before the first."""
        seconds = self.most(LimitKind.LIFE)
        return None if seconds is None else timedelta(seconds=seconds)

    def most(self, kind: LimitKind) -> int | None:
        """The limit of that kind; None while none is known."""
        return next((limit.most for limit in self.limits if limit.kind is kind), None)

    def most_documents(self, wanted: int) -> int:
        """How many of `wanted` documents one authorization may cover, as far as is known."""
        signature, calls = self.most(LimitKind.SIGNATURE), self.most(LimitKind.CALLS)
        signable = None if signature is None or calls is None else signature * calls
        return min(most for most in (wanted, self.most(LimitKind.CONSENT), signable) if most is not None)

    def at(self, now: datetime) -> Self:
        """Those that still count."""
        return self.model_copy(update={"limits": tuple(one for one in self.limits if not one.until or now < one.until)})

    def with_limit(self, limit: LearnedLimit) -> Self:
        """The same with one limit more; of two of a kind the lower one stays, but what a token tells counts anew."""
        known = self.most(limit.kind)
        if known == limit.most or (known is not None and known < limit.most and limit.kind is not LimitKind.LIFE):
            return self
        others = tuple(each for each in self.limits if each.kind is not limit.kind)
        return self.model_copy(update={"limits": (*others, limit)})
