"""A seal is named by the CN label of its certificate; the vendor's sources differ in how they write it (§3.6)."""

import re
import unicodedata


def normalised(label: str) -> str:
    """Bring a label to one form: NFC, no `CN:` in front, one space after each colon and none before it."""
    text = unicodedata.normalize("NFC", label).strip()
    text = text[3:] if text[:3].upper() == "CN:" else text
    return re.sub(r"\s*:\s*", ": ", re.sub(r"\s+", " ", text)).strip()
