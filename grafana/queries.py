"""PromQL in a few words.

A gauge is read off the one ledger, so every process tells the same and one answer is enough: `max`. A counter is each
process's own, so they are added up: `sum`. Disks are each machine's own: the fullest counts, `min`. `where` narrows a
metric down to what is chosen above the panels.
"""

PROCESSES = 'instance=~"$instance"'
"""The chosen processes, of what each counts for itself."""
ROUTES = 'route=~"$route"'
"""The chosen routes, of what is told by route."""
PROCESSES_OF_ROUTES = f"{PROCESSES}, {ROUTES}"

_BRIEFLY = "$__rate_interval"
_SHOWN = "$__range"


def newest(gauge: str, label: str) -> str:
    """How things stand, by that label."""
    return f"max by ({label}) ({gauge})"


def least(share: str, label: str) -> str:
    """What is left where least is left, by that label, of what each machine has for itself."""
    return f"min by ({label}) ({share})"


def amount(gauge: str, *labels: str, matching: str = "") -> str:
    """How much stands there in the chosen routes together, by those labels, of a gauge by route and state."""
    selector = f"{{{ROUTES}{matching and ', '}{matching}}}"
    return _sum(f"max by (route, state) ({gauge}{selector})", labels)


def oldest(*labels: str, matching: str = "") -> str:
    """The age of the oldest in the chosen routes, by those labels."""
    selector = f"{{{ROUTES}{matching and ', '}{matching}}}"
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"max{by} (zimogs_oldest_age_seconds{selector})"


def per_second(counter: str, *labels: str, where: str = PROCESSES) -> str:
    """How fast the counter grows."""
    return _sum(f"rate({counter}{{{where}}}[{_BRIEFLY}])", labels)


def increase(counter: str, *labels: str, where: str = PROCESSES) -> str:
    """How often it happened in the shown time.

    A series that began within that time is taken whole: `increase` knows nothing of its first value, which may be a
    batch of a hundred. One failed scrape does not make a series look new, hence the quarter of an hour.
    """
    series = f"{counter}{{{where}}}"
    known = f"last_over_time({series}[15m] offset {_SHOWN})"
    return _sum(f"({series} unless {known}) or increase({series}[{_SHOWN}])", labels)


def quantile(share: float, histogram: str, *labels: str, where: str = PROCESSES_OF_ROUTES) -> str:
    """The value that this share of all observations in the shown time stayed below."""
    return f"histogram_quantile({share}, {increase(f'{histogram}_bucket', 'le', *labels, where=where)})"


def moving_quantile(share: float, histogram: str, *labels: str, where: str = PROCESSES) -> str:
    """The same at each moment, of the observations just before it."""
    return f"histogram_quantile({share}, {per_second(f'{histogram}_bucket', 'le', *labels, where=where)})"


def ratio(part: str, whole: str, times: int = 1) -> str:
    """One number for each `times` of the other."""
    return f"{times} * {part} / {whole}" if times != 1 else f"{part} / {whole}"


def days_left() -> str:
    """Days until each seal's certificate ends."""
    return f"({newest('zimogs_seal_certificate_expiry_timestamp_seconds', 'seal')} - time()) / 86400"


def _sum(expression: str, labels: tuple[str, ...]) -> str:
    by = f" by ({', '.join(labels)})" if labels else ""
    return f"sum{by} ({expression})"
