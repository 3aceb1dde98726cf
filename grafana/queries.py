"""PromQL in a few words.

A gauge is read off the one ledger, so every process tells the same and one answer is enough: `max`. A counter is each
process's own, so they are added up: `sum`.
"""

_BRIEFLY = "$__rate_interval"
_SHOWN = "$__range"


def standing(gauge: str, label: str, matching: str = "") -> str:
    """How things stand, by that label, where the labels match."""
    selector = f"{{{matching}}}" if matching else ""
    return f"max by ({label}) ({gauge}{selector})"


def per_second(counter: str, *labels: str) -> str:
    """How fast the counter grows."""
    return _summed(f"rate({counter}[{_BRIEFLY}])", labels)


def counted(counter: str, *labels: str) -> str:
    """How often it happened in the shown time.

    A series that began within that time is taken whole: `increase` knows nothing of its first value, which may be a
    batch of a hundred. One failed scrape does not make a series look new, hence the quarter of an hour.
    """
    known = f"last_over_time({counter}[15m] offset {_SHOWN})"
    return _summed(f"({counter} unless {known}) or increase({counter}[{_SHOWN}])", labels)


def quantile(share: float, histogram: str, *labels: str) -> str:
    """The value that this share of all observations in the shown time stayed below."""
    return f"histogram_quantile({share}, {counted(f'{histogram}_bucket', 'le', *labels)})"


def moving_quantile(share: float, histogram: str, *labels: str) -> str:
    """The same at each moment, of the observations just before it."""
    return f"histogram_quantile({share}, {per_second(f'{histogram}_bucket', 'le', *labels)})"


def days_left() -> str:
    """Days until each seal's certificate ends."""
    return f"({standing('zimogs_seal_certificate_expiry_timestamp_seconds', 'seal')} - time()) / 86400"


def _summed(expression: str, labels: tuple[str, ...]) -> str:
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"sum{by} ({expression})"
