"""The vendor, the queues and the certificates."""

from grafana.panels import COUNT, DAYS, PER_SECOND, SECONDS, Panel, Query, bars, falling, lines, red_from
from grafana.queries import counted, days_left, moving_quantile, per_second, standing


def vendor() -> tuple[Panel, ...]:
    """How the calls to the vendor go."""
    return (_calls(), _call_seconds(), _retries())


def app() -> tuple[Panel, ...]:
    """What goes on inside, and what runs out."""
    return (_stories(), _queues(), _judgements(), _restarts(), _expiries())


def notices() -> tuple[Panel, ...]:
    """How others are told what happens."""
    return (_tellings(), _untold(), _given_up())


def intake() -> tuple[Panel, ...]:
    """How documents come by the stream."""
    return (_entries(), _stream_length(), _stream_age())


def _entries() -> Panel:
    return bars(
        "Entries of the queue, by outcome",
        "Entries of zimogs:intake that are done with in the shown time. 'repeated' ones had been taken before; 'dead' "
        "ones were put aside with a reason.",
        Query(counted("zimogs_stream_entries_total", "outcome"), "{{outcome}}"),
        unit=COUNT,
        width=8,
    )


def _stream_length() -> Panel:
    return lines(
        "Entries in the queue",
        "'waiting' for a process, 'pending' while their documents are being taken, 'dead' until somebody sends them "
        "through again with `zimogs queue retry`.",
        Query(standing("zimogs_stream_length", "state"), "{{state}}"),
        unit=COUNT,
        width=8,
    )


def _stream_age() -> Panel:
    return lines(
        "Oldest entry of the queue",
        "How long the oldest entry has waited whose document is not taken yet; seconds, as a rule.",
        Query("max(zimogs_stream_oldest_age_seconds)", "oldest"),
        unit=SECONDS,
        width=8,
    )


def _tellings() -> Panel:
    return bars(
        "Told to others, by channel",
        "Notifications, webhooks and hooks in the shown time. What 'failed' is tried again; what is 'dead' was given "
        "up after a day.",
        Query(counted("zimogs_notices_total", "channel", "outcome"), "{{channel}} {{outcome}}"),
        unit=COUNT,
        width=12,
    )


def _untold() -> Panel:
    return lines(
        "Oldest event that somebody was not told",
        "Webhooks and hooks are told within seconds; notifications wait for company and for the end of quiet hours.",
        Query(standing("zimogs_notices_untold_age_seconds", "channel"), "{{channel}}"),
        unit=SECONDS,
        width=6,
    )


def _given_up() -> Panel:
    return bars(
        "Given up",
        "Events that somebody was not told, kept for ninety days. `zimogs webhooks retry` has them told once more.",
        Query(standing("zimogs_notices_dead", "channel"), "{{channel}}"),
        unit=COUNT,
        width=6,
        thresholds=red_from(1),
    )


def _calls() -> Panel:
    return lines(
        "Calls to the vendor, by outcome",
        "'ok' and now and then 'unauthorized' (a token was renewed) are normal; 'rejected' is about one document; "
        "'retryable', 'permanent' and 'uncertain' are the vendor's trouble or the network's.",
        Query(per_second("zimogs_vendor_calls_total", "outcome"), "{{outcome}}"),
        unit=PER_SECOND,
        width=8,
        stacked=True,
    )


def _call_seconds() -> Panel:
    return lines(
        "Calls to the vendor, p95",
        "95 in a hundred calls took less than this, by operation. Every attempt counts as a call.",
        Query(moving_quantile(0.95, "zimogs_vendor_call_seconds", "operation"), "{{operation}}"),
        unit=SECONDS,
        width=8,
    )


def _retries() -> Panel:
    return lines(
        "Repeated calls",
        "Calls to the vendor that were made again, by operation. Signing and finalizing are never repeated.",
        Query(per_second("zimogs_vendor_retries_total", "operation"), "{{operation}}"),
        unit=PER_SECOND,
        width=8,
    )


def _stories() -> Panel:
    return lines(
        "Stories that did not end well",
        "Steps that workers took in vain. 'failed' is tried again after a rest, the log says why; 'waiting' needs a "
        "person to enrol the seal; 'busy' means that another worker was faster.",
        Query(per_second('zimogs_stories_total{outcome!="done"}', "story", "outcome"), "{{story}} {{outcome}}"),
        unit=PER_SECOND,
        width=6,
    )


def _judgements() -> Panel:
    return bars(
        "Judgements, by path",
        "How sealed files were read before delivery in the shown time. Many 'slow' ones mean that the vendor has begun "
        "to write files in another way.",
        Query(counted("zimogs_judgements_total", "path"), "{{path}}"),
        unit=COUNT,
        width=4,
    )


def _restarts() -> Panel:
    return bars(
        "Restarts, by part",
        "Parts of a process that failed and were started again in the shown time; 'valkey' is the embedded server. The "
        "log says why.",
        Query(counted("zimogs_restarts_total", "part"), "{{part}}"),
        unit=COUNT,
        width=4,
    )


def _queues() -> Panel:
    return lines(
        "Jobs in a queue",
        "Running ones included. The queue only rings: what it loses, the ledger brings back.",
        Query(standing("zimogs_queue_depth", "queue"), "{{queue}}"),
        unit=COUNT,
        width=6,
    )


def _expiries() -> Panel:
    return bars(
        "Certificate days left, by seal",
        "Days until the certificate of each enrolled seal ends.",
        Query(days_left(), "{{seal}}"),
        unit=DAYS,
        width=4,
        thresholds=falling(30, 7),
    )
