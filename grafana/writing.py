"""The dashboards as the JSON that Grafana reads."""

from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.assembling import assemble
from grafana.boards import approvals, integrations, internals, overview, vendor
from grafana.boards.board import Board

BOARDS = (overview.BOARD, approvals.BOARD, vendor.BOARD, internals.BOARD, integrations.BOARD)
"""In the order in which they are read."""
_FOLDER = Path(__file__).parent / "dashboards"


def file_of(board: Board) -> Path:
    """Where its JSON stands."""
    return _FOLDER / f"{board.name}.json"


def encode(board: Board) -> str:
    """Its JSON, always in the same order."""
    return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(assemble(board)) + "\n"
