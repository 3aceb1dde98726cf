"""`python -m grafana`: write the dashboards into `dashboards/`."""

from grafana.writing import BOARDS, encode, file_of

for board in BOARDS:
    file_of(board).write_text(encode(board), encoding="utf-8")
