"""`python -m grafana`: write the dashboard into `dashboards/`."""

from grafana.writing import OVERVIEW, written

OVERVIEW.write_text(written(), encoding="utf-8")
