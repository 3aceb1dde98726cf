"""Ways in and ways out: by which way documents come and go, and what is left lying on the way."""

from grafana.boards.board import Board
from grafana.panels import (
    BYTES,
    BYTES_PER_SECOND,
    COUNT,
    PER_SECOND,
    SECONDS,
    Panel,
    Query,
    bars,
    lines,
    red_from,
    worse_above,
)
from grafana.queries import PROCESSES_OF_ROUTES, increase, newest, per_second

_WHERE = PROCESSES_OF_ROUTES


def _ways_in() -> tuple[Panel, ...]:
    return (
        bars(
            "Received, by way in",
            "Documents in the shown time: dropped into the folder, handed in by `zimogs submit`, the API or the queue, "
            "or sent again from quarantine. Counted when a batch is made of them.",
            Query(increase("zimogs_documents_received_total", "way_in", where=_WHERE), "{{way_in}}"),
            unit=COUNT,
            width=6,
        ),
        lines(
            "Received per second, by way in",
            "How fast documents come.",
            Query(per_second("zimogs_documents_received_total", "way_in", where=_WHERE), "{{way_in}}"),
            unit=PER_SECOND,
            width=6,
        ),
        bars(
            "The same once more, by rule",
            "Documents in the shown time whose content had come before, and that were skipped, or answered with the "
            "earlier sealed file. Those put aside stand in the quarantine.",
            Query(increase("zimogs_documents_repeated_total", "rule", where=_WHERE), "{{rule}}"),
            unit=COUNT,
            width=6,
        ),
        bars(
            "Left in the inbox, by obstacle",
            "Files that lie in the inbox for minutes and cannot be taken. `zimogs status` says which, and what to do.",
            Query(newest("zimogs_inbox_untaken", "obstacle"), "{{obstacle}}"),
            unit=COUNT,
            width=6,
            thresholds=worse_above(1, 10),
            alert="ZimogsInboxUntaken",
        ),
    )


def _ways_out() -> tuple[Panel, ...]:
    return (
        bars(
            "Sealed, by way in",
            "Documents delivered in the shown time, by how they had come.",
            Query(increase("zimogs_documents_sealed_total", "way_in", where=_WHERE), "{{way_in}}"),
            unit=COUNT,
            width=8,
        ),
        bars(
            "Bytes in and out, by route",
            "Originals that batches were made of, and sealed files that were delivered, in the shown time.",
            Query(increase("zimogs_bytes_received_total", "route", where=_WHERE), "{{route}} in"),
            Query(increase("zimogs_bytes_sealed_total", "route", where=_WHERE), "{{route}} out"),
            unit=BYTES,
            width=8,
        ),
        lines(
            "Bytes in and out per second",
            "All chosen routes together.",
            Query(per_second("zimogs_bytes_received_total", where=_WHERE), "in"),
            Query(per_second("zimogs_bytes_sealed_total", where=_WHERE), "out"),
            unit=BYTES_PER_SECOND,
            width=8,
        ),
    )


def _queue() -> tuple[Panel, ...]:
    return (
        bars(
            "Entries of the queue, by outcome",
            "Entries of zimogs:intake that are done with in the shown time. 'repeated' ones had been taken before; "
            "'dead' ones were put aside with a reason.",
            Query(increase("zimogs_stream_entries_total", "outcome"), "{{outcome}}"),
            unit=COUNT,
            width=8,
        ),
        lines(
            "Entries in the queue",
            "'waiting' for a process, 'pending' while their documents are being taken, 'dead' until somebody sends "
            "them through again with `zimogs queue retry`.",
            Query(newest("zimogs_stream_length", "state"), "{{state}}"),
            unit=COUNT,
            width=8,
            alert="ZimogsQueueDead",
        ),
        lines(
            "Oldest entry of the queue",
            "How long the oldest entry has waited whose document is not taken yet: seconds, as a rule.",
            Query("max(zimogs_stream_oldest_age_seconds)", "oldest"),
            unit=SECONDS,
            width=8,
            alert="ZimogsQueueWaiting",
        ),
    )


def _telling() -> tuple[Panel, ...]:
    return (
        bars(
            "Told to others, by channel",
            "Notifications, webhooks and hooks in the shown time. What 'failed' is tried again; what is 'dead' was "
            "given up after a day.",
            Query(increase("zimogs_notices_total", "channel", "outcome"), "{{channel}} {{outcome}}"),
            unit=COUNT,
            width=8,
        ),
        lines(
            "Oldest event that somebody was not told",
            "Webhooks and hooks are told within seconds; notifications wait for company, and while hours are quiet.",
            Query(newest("zimogs_notices_untold_age_seconds", "channel"), "{{channel}}"),
            unit=SECONDS,
            width=8,
            alert="ZimogsNotTold",
        ),
        bars(
            "Given up",
            "Events that somebody was not told, kept for ninety days. `zimogs webhooks retry` has them told once more.",
            Query(newest("zimogs_notices_dead", "channel"), "{{channel}}"),
            unit=COUNT,
            width=8,
            thresholds=red_from(1),
            alert="ZimogsNoticesGivenUp",
        ),
    )


BOARD = Board(
    "integrations",
    "zimogs · Integrations",
    "Folder, command, API and queue on the way in; outbox and messages on the way out.",
    (("Ways in", _ways_in), ("The queue", _queue), ("Ways out", _ways_out), ("Telling others", _telling)),
)
