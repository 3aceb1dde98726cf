"""An event as JSON for programs: `id`, `type`, `timestamp` and `data`, as the Standard Webhooks scheme advises.

People are left out: whom it was meant for is nobody's business there.
"""

import json
from datetime import UTC

from jobs.model.events import Event

_APART = {"id", "kind", "at", "people"}


def encode_event(event: Event) -> bytes:
    """The event in UTF-8, without what is not known of it. The form only grows."""
    data = event.model_dump(mode="json", exclude=_APART, exclude_none=True, exclude_defaults=True)
    timestamp = event.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    whole = {"id": event.id, "type": event.kind, "timestamp": timestamp, "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
