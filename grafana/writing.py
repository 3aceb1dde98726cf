"""The dashboard as the JSON that Grafana reads."""

from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.overview import overview

OVERVIEW = Path(__file__).parent / "dashboards" / "overview.json"


def written() -> str:
    """The dashboard's JSON, always in the same order."""
    return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(overview()) + "\n"
