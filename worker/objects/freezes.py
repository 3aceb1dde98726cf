"""Who froze sealing, when and why: an object each below `freezes/`, there for as long as the freeze holds.

One that cannot be read counts as a freeze: whoever put it there wanted sealing to stop.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from pydantic import ValidationError

from jobs.model.freeze import Freeze, LiftedFreeze, select_freeze
from jobs.model.names import PersonalCode, RouteName
from worker.objects.bucket import Bucket, Listed
from worker.storage.freezes import find_frozen, name_freeze, name_lifted, presume_freeze
from worker.storage.threads import in_thread

_FOLDER, _LIFTED, _ENDING = "freezes", "lifted-freezes", ".json"
_SELDOM = 60.0
"""Seconds for which a list of what was lifted is believed while the same is frozen."""


class ObjectFreezes:
    """Implements `jobs.ports.Freezes` in a bucket. Each look is at the bucket: any machine may freeze or lift."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._frozen: Sequence[Listed] | None = None
        self._lifted: Sequence[Listed] = ()
        self._past: tuple[LiftedFreeze, ...] = ()

    @in_thread
    def begin(self, freeze: Freeze) -> None:
        """Freeze its route, or everything; an earlier freeze of the same is replaced. Raises OSError."""
        self._bucket.write(_key(freeze.route), freeze.model_dump_json(indent=2).encode())

    @in_thread
    def lift(
        self, route: RouteName | None, *, at: datetime, by: str, person: PersonalCode | None = None
    ) -> LiftedFreeze | None:
        """End the freeze of the route, or of everything, and keep who did; None where there was none.

        Raises OSError.
        """
        freeze = self._read(_key(route))
        if freeze is None:
            return None
        lifted = LiftedFreeze(freeze=freeze, at=at, by=by, person=person)
        # First what is kept: a crash in between leaves sealing frozen, to be lifted once more.
        self._bucket.write(f"{_LIFTED}/{name_lifted(route, at)}", lifted.model_dump_json(indent=2).encode())
        self._bucket.remove(_key(route))
        return lifted

    @in_thread
    def find(self, route: RouteName) -> Freeze | None:
        """What holds the route at this moment; None where nothing does. Raises OSError where that cannot be seen."""
        return select_freeze(self._read_all(self._bucket.list(_FOLDER)), route)

    @in_thread
    def all(self, *, may_lag: bool = False) -> tuple[Freeze, ...]:
        """Every freeze, that of everything first, then by route."""
        return self._read_all(self._bucket.recent.find(_FOLDER) if may_lag else self._bucket.list(_FOLDER))

    @in_thread
    def past(self) -> tuple[LiftedFreeze, ...]:
        """Every freeze that was lifted, in the order of that; what cannot be read is left out.

        One that others began and lifted within two seconds shows a minute later.
        """
        # Whoever lifts a freeze removes it: as long as the same is frozen no more was lifted, and nothing is listed.
        recent, before = self._bucket.recent, self._frozen
        self._frozen = recent.find(_FOLDER)
        listed = recent.find(_LIFTED, _SELDOM) if self._frozen == before else recent.renew(_LIFTED)
        if listed != self._lifted:
            found = self._bucket.each(self._read_lifted, [each.key for each in listed])
            self._past = tuple(sorted(filter(None, found), key=lambda lifted: lifted.at))
            self._lifted = listed
        return self._past

    def _read_lifted(self, key: str) -> LiftedFreeze | None:
        with suppress(ValidationError):
            return LiftedFreeze.model_validate_json(self._bucket.read(key))
        return None

    def _read_all(self, listed: Iterable[Listed]) -> tuple[Freeze, ...]:
        keys = [each.key for each in listed if each.key.endswith(_ENDING)]
        found = self._bucket.each(self._read, keys)
        return tuple(sorted(filter(None, found), key=lambda each: each.route or ""))

    def _read(self, key: str) -> Freeze | None:
        """The freeze of that object, None where there is none, or it was lifted this moment."""
        route = find_frozen(key.rpartition("/")[2])
        try:
            stored = self._bucket.look(key)
        except FileNotFoundError:
            return None
        with suppress(ValidationError):
            freeze = Freeze.model_validate_json(stored.content)
            if freeze.route == route:
                return freeze
        # Of a name that no route can have, everything: nobody knows which one was meant.
        return presume_freeze(
            route, stored.changed_at, f"{key} is in the bucket and cannot be read; delete it to go on"
        )


def _key(route: RouteName | None) -> str:
    return f"{_FOLDER}/{name_freeze(route)}"
