"""How things stand at this moment."""

from grafana.panels import COUNT, DAYS, SECONDS, Panel, Query, bars, falling, figure, lines, red_from, rising
from grafana.queries import counted, days_left, standing

_HOUR = 3600


def stuck() -> tuple[Panel, ...]:
    """Six figures that say whether somebody must act, and below them what holds things up."""
    figures = (_silent(), _unapproved(), _oldest_unapproved(), _oldest_moving(), _refused(), _first_expiry())
    return (*figures, _standstills())


def places() -> tuple[Panel, ...]:
    """Where documents and batches are, and for how long."""
    return (_ages(), _documents(), _batches(), _untaken())


def _silent() -> Panel:
    return figure(
        "Not answering",
        "Processes of zimogs that Prometheus cannot scrape. Anything but 0: the other figures may be old.",
        Query('count(up{job="zimogs"}) - sum(up{job="zimogs"})', "processes"),
        unit=COUNT,
        width=4,
        thresholds=red_from(1),
    )


def _unapproved() -> Panel:
    return figure(
        "Waiting for approval",
        "Documents in batches that are prepared and wait for a person on the desk.",
        Query(standing("zimogs_documents", "state", 'state="prepared"'), "documents"),
        unit=COUNT,
        width=4,
    )


def _oldest_unapproved() -> Panel:
    return figure(
        "Longest wait for approval",
        "How long the oldest prepared batch has been waiting for a person; 0 when none does. Red when the alert fires.",
        Query(standing("zimogs_oldest_age_seconds", "state", 'state="prepared"'), "oldest"),
        unit=SECONDS,
        width=4,
        thresholds=rising(_HOUR, 4 * _HOUR),
    )


def _oldest_moving() -> Panel:
    return figure(
        "Longest in any other state",
        "Everything but the approval should take minutes: the oldest document or batch that no person has to look at. "
        "Red when the alert fires.",
        Query('max(zimogs_oldest_age_seconds{state!="prepared"})', "oldest"),
        unit=SECONDS,
        width=4,
        thresholds=rising(300, 900),
    )


def _refused() -> Panel:
    return figure(
        "Put into quarantine",
        "Documents put aside in the shown time, each with its reason beside it. By reason further down.",
        Query(counted("zimogs_documents_quarantined_total"), "documents"),
        unit=COUNT,
        empty="0",
        width=4,
        thresholds=rising(1, 10),
    )


def _first_expiry() -> Panel:
    return figure(
        "Certificate days left",
        "Days until the first certificate of an enrolled seal ends. A new one takes the vendor some days.",
        Query(f"min({days_left()})", "days"),
        unit=DAYS,
        empty="none enrolled",
        width=4,
        thresholds=falling(30, 7),
    )


def _standstills() -> Panel:
    return bars(
        "What stands still, by cause",
        "Batches, routes and what they all stand on that do not move. `zimogs status` and the desk say which, since "
        "when, and what to do.",
        Query(standing("zimogs_standstills", "cause"), "{{cause}}"),
        unit=COUNT,
        width=24,
        thresholds=red_from(1),
    )


def _ages() -> Panel:
    return lines(
        "Age of the oldest, by state",
        "A line that climbs without end is something stuck; 'prepared' waits for a person and may climb.",
        Query(standing("zimogs_oldest_age_seconds", "state"), "{{state}}"),
        unit=SECONDS,
        width=6,
    )


def _documents() -> Panel:
    return lines(
        "Documents on their way, by state",
        "From the inbox ('waiting': in no batch yet) to the outbox. Delivered and quarantined ones are not counted.",
        Query(standing("zimogs_documents", "state"), "{{state}}"),
        unit=COUNT,
        width=6,
        stacked=True,
    )


def _batches() -> Panel:
    return lines(
        "Batches on their way, by state",
        "Each batch takes one approval. Those that are over are not counted; a damaged one waits for `zimogs repair`.",
        Query(standing("zimogs_batches", "state"), "{{state}}"),
        Query("max(zimogs_batches_damaged)", "damaged"),
        unit=COUNT,
        width=6,
        stacked=True,
    )


def _untaken() -> Panel:
    return bars(
        "Left in the inbox, by obstacle",
        "Files that lie in the inbox for minutes and cannot be taken. `zimogs status` says which, and what to do.",
        Query(standing("zimogs_inbox_untaken", "obstacle"), "{{obstacle}}"),
        unit=COUNT,
        width=6,
        thresholds=rising(1, 10),
    )
