"""Whether each folder elsewhere is reached, and lets us do what we must: list, write, read, rename and remove."""

from contextlib import suppress

from config.places import PlaceSettings
from config.settings import Settings
from jobs.model.names import RouteName
from worker.app.places import folder_of, place_of
from worker.doctor.finding import Finding, fault, fine
from worker.places.place import PlaceAway, Replaced, join

_PROBE = ".zimogs-doctor.part"
"""A hidden name that nobody takes for a document."""
_WRITTEN = b"zimogs doctor was here, and removes this again"


async def examine_places(settings: Settings) -> list[Finding]:
    """Try each of them, and leave nothing there."""
    named: list[tuple[str, PlaceSettings]] = [(f"inboxes.{name}", each) for name, each in settings.inboxes.items()]
    named += [(f"outboxes.{name}", each) for name, each in settings.outboxes.items()]
    return [await _examine(name, each, sorted(settings.routes)) for name, each in named]


async def _examine(name: str, settings: PlaceSettings, routes: list[RouteName]) -> Finding:
    place = place_of(settings)
    try:
        for route in routes if settings.route is None else [settings.route]:
            path = join(folder_of(settings, route), _PROBE)
            with suppress(FileNotFoundError):
                await place.list(folder_of(settings, route))
            # What an earlier run left, when it was ended at this very place.
            await place.remove(path)
            await place.create(path, _WRITTEN)
            written = await place.look(path)
            if written is None or b"".join([piece async for piece in place.read(path)]) != _WRITTEN:
                return fault(name, f"{settings.url} does not give back what is written there", "Ask whoever runs it.")
            await place.take_away(path, written, None)
    except PlaceAway as error:
        return fault(name, f"{settings.url}: {error}", f"Correct [{name}], or what the server allows; then try again.")
    except (Replaced, FileExistsError, FileNotFoundError):
        return fault(name, f"{settings.url}: a file that was written there is gone", "Ask who removes files there.")
    finally:
        await place.close()
    return fine(name, f"{settings.url} can be listed, written to and cleared")
