"""Sample invoices: ordinary PDFs with Latvian letters, each with its own content."""

from decimal import Decimal
from pathlib import Path
from random import Random

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

_FONT = "DejaVuSans"
_FONT_FILE = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
_GOODS = (
    "Rupjmaize, šķēlēs", "Ķimeņu siers", "Jāņogu sula", "Griķu medus", "Kūpināta zutis", "Zemeņu ievārījums",
    "Linu galdauts", "Ozolkoka dēlis", "Vilnas cimdi ar rakstu", "Māla krūze", "Piegāde Rīgā", "Glabāšana noliktavā",
)  # fmt: skip
_CUSTOMERS = (
    "SIA Bērzi un ozoli", "AS Ūdensroze", "SIA Čiekurs", "IK Žagata", "SIA Ģimenes dārzs", "AS Ņemunas tirgus",
)  # fmt: skip
_ROWS = 24
_VAT = Decimal("0.21")


def write_invoices(folder: Path, count: int) -> list[Path]:
    """Write `count` invoices of about 25 kB into the folder, the same ones every time."""
    pdfmetrics.registerFont(TTFont(_FONT, _FONT_FILE))
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_invoice(folder, number) for number in range(1, count + 1)]


def _write_invoice(folder: Path, number: int) -> Path:
    path = folder / f"rēķins-2026-{number:05}.pdf"
    canvas = Canvas(str(path), pagesize=A4, invariant=1)
    chance, total = Random(number), Decimal(0)  # noqa: S311  sample content, not a secret
    canvas.setTitle(f"Rēķins Nr. 2026-{number:05}")
    canvas.setFont(_FONT, 18)
    canvas.drawString(20 * mm, 270 * mm, f"Rēķins Nr. 2026-{number:05}")
    canvas.setFont(_FONT, 10)
    canvas.drawString(20 * mm, 260 * mm, "Pārdevējs: SIA PARAUGS, Brīvības iela 1, Rīga, LV-1010")
    canvas.drawString(20 * mm, 254 * mm, f"Pircējs: {chance.choice(_CUSTOMERS)}")
    canvas.line(20 * mm, 249 * mm, 190 * mm, 249 * mm)
    for row in range(_ROWS):
        quantity, price = chance.randint(1, 40), Decimal(chance.randint(95, 9900)) / 100
        total += quantity * price
        height = (242 - 7 * row) * mm
        canvas.drawString(20 * mm, height, chance.choice(_GOODS))
        canvas.drawRightString(130 * mm, height, f"{quantity} × {price:.2f}")
        canvas.drawRightString(190 * mm, height, f"{quantity * price:.2f} EUR")
    canvas.line(20 * mm, 70 * mm, 190 * mm, 70 * mm)
    canvas.drawRightString(190 * mm, 62 * mm, f"PVN 21 %: {total * _VAT:.2f} EUR")
    canvas.setFont(_FONT, 12)
    canvas.drawRightString(190 * mm, 54 * mm, f"Kopā apmaksai: {total * (1 + _VAT):.2f} EUR")
    canvas.save()
    return path
