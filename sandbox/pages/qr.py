"""QR codes (ISO/IEC 18004) as a path of an SVG drawing."""

from dataclasses import dataclass

from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

QUIET_ZONE = 4  # modules that must stay light around the symbol


@dataclass(frozen=True, slots=True)
class Drawing:
    """A square of `side` units, each of them one module; `path` covers the dark ones."""

    side: int
    path: str


def qr_code(text: str) -> Drawing:
    """Return the symbol that says this, which a seventh part may be hidden of (level M)."""
    symbol = QRCode(None, QRErrorCorrectLevel.M)
    symbol.addData(text)
    symbol.make()
    count = symbol.getModuleCount()
    dark = [(row, column) for row in range(count) for column in range(count) if symbol.isDark(row, column)]
    path = "".join(f"M{column + QUIET_ZONE} {row + QUIET_ZONE}h1v1h-1z" for row, column in dark)
    return Drawing(count + 2 * QUIET_ZONE, path)
