"""Who froze sealing, when and why: one small file each below `data/freezes`, there for as long as the freeze holds.

Written whole or not at all, so that a crash leaves sealing as it was or frozen. A file that cannot be read counts as a
freeze: whoever put it there wanted sealing to stop.
"""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from jobs.model.freeze import Freeze, LiftedFreeze, select_freeze
from jobs.model.names import PersonalCode, RouteName
from worker.storage.durable import make_folder, read_file, sync_folder, write_over
from worker.storage.threads import in_thread

_ENDING = ".json"
_EVERYTHING = "_all"
"""No route has such a name."""
_LIFTED = "lifted"
"""The folder of those that are over."""


class FreezeBook:
    """Implements `jobs.ports.Freezes` below one folder. Each look is at the disk: any process may freeze or lift."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @in_thread
    def begin(self, freeze: Freeze) -> None:
        """Freeze its route, or everything; an earlier freeze of the same is replaced. Raises OSError."""
        make_folder(self._folder)
        write_over(self._path(freeze.route), freeze.model_dump_json(indent=2).encode())

    @in_thread
    def lift(
        self, route: RouteName | None, *, at: datetime, by: str, person: PersonalCode | None = None
    ) -> LiftedFreeze | None:
        """End the freeze of the route, or of everything, and keep who did; None where there was none.

        Raises OSError.
        """
        path = self._path(route)
        freeze = self._read(path) if path.exists() else None
        if freeze is None:
            return None
        lifted = LiftedFreeze(freeze=freeze, at=at, by=by, person=person)
        # First what is kept: a crash in between leaves sealing frozen, to be lifted once more.
        kept = make_folder(self._folder / _LIFTED) / name_lifted(route, at)
        write_over(kept, lifted.model_dump_json(indent=2).encode())
        path.unlink(missing_ok=True)
        sync_folder(self._folder)
        return lifted

    @in_thread
    def find(self, route: RouteName) -> Freeze | None:
        """What holds the route at this moment; None where nothing does. Raises OSError where that cannot be seen."""
        return select_freeze(self._read_all(), route)

    @in_thread
    def all(self, *, may_lag: bool = False) -> tuple[Freeze, ...]:  # noqa: ARG002  the port's
        """Every freeze, that of everything first, then by route."""
        return self._read_all()

    @in_thread
    def past(self) -> tuple[LiftedFreeze, ...]:
        """Every freeze that was lifted, in the order of that; what cannot be read is left out."""
        found = []
        for path in (self._folder / _LIFTED).glob(f"*{_ENDING}"):
            with suppress(OSError, ValidationError):
                found.append(LiftedFreeze.model_validate_json(read_file(path)))
        return tuple(sorted(found, key=lambda lifted: lifted.at))

    def _read_all(self) -> tuple[Freeze, ...]:
        try:
            paths = sorted(path for path in self._folder.iterdir() if path.suffix == _ENDING)
        except FileNotFoundError:
            return ()
        found = (self._read(path) for path in paths)
        return tuple(sorted(filter(None, found), key=lambda each: each.route or ""))

    def _path(self, route: RouteName | None) -> Path:
        return self._folder / name_freeze(route)

    def _read(self, path: Path) -> Freeze | None:
        """The freeze of that file, None where it was lifted this moment."""
        route = find_frozen(path.name)
        try:
            freeze = Freeze.model_validate_json(read_file(path))
        except FileNotFoundError:
            return None
        except (OSError, ValidationError):
            freeze = None
        if freeze is None or freeze.route != route:
            # Of a name that no route can have, everything: nobody knows which one was meant.
            return _unreadable(path, route)
        return freeze


def _unreadable(path: Path, route: RouteName | None) -> Freeze:
    since = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    return presume_freeze(route, since, f"{path} is there and cannot be read; delete it to go on")


def name_freeze(route: RouteName | None) -> str:
    """The name of the file or object that says that the route is frozen, or everything."""
    return f"{route or _EVERYTHING}{_ENDING}"


def find_frozen(name: str) -> RouteName | None:
    """The route that such a name is of, or None: everything."""
    stem = name.removesuffix(_ENDING)
    return None if stem == _EVERYTHING else RouteName(stem)


def name_lifted(route: RouteName | None, at: datetime) -> str:
    """The name under which it is kept who lifted that freeze then."""
    return f"{route or _EVERYTHING}-{at:%Y%m%dT%H%M%S%f}{_ENDING}"


def presume_freeze(route: RouteName | None, since: datetime, why: str) -> Freeze:
    """What stands for one that cannot be read; of a name that no route can have it is everything."""
    try:
        return Freeze(route=route, at=since, by="somebody", reason=why)
    except ValidationError:
        return Freeze(at=since, by="somebody", reason=why)
