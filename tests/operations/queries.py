"""Queries of the dashboards as Grafana sends them: variables filled in."""

_VARIABLES = {"$__rate_interval": "2m", "$__range": "10m", "$route": ".*", "$instance": ".*"}


def fill_in(expr: str, **others: str) -> str:
    """With everything chosen above the panels; `others` by name, without their dollar."""
    for variable, value in (_VARIABLES | {f"${name}": value for name, value in others.items()}).items():
        expr = expr.replace(variable, value)
    return expr
