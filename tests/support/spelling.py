"""The same objects, spelled as another hand would: every way to write a value that the standard knows."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import pikepdf

from tests.support.handwritten import HEAD, append

_ESCAPES = {0x28: b"\\(", 0x29: b"\\)", 0x5C: b"\\\\", 0x0A: b"\\n", 0x0D: b"\\015"}
_SMALL = 9


def spell_plainly(number: Decimal) -> bytes:
    """7 → `7`."""
    return b"%d" % number if number == int(number) else str(number).encode()


def spell_with_point(number: Decimal) -> bytes:
    """70 → `70.`; small numbers, which may be counts and keys, stay as they are."""
    return spell_plainly(number) + b"." * (number == int(number) and abs(number) > _SMALL)


def spell_with_sign(number: Decimal) -> bytes:
    """7 → `+07`."""
    return (b"-0" if number < 0 else b"+0") + spell_plainly(abs(number))


@dataclass(frozen=True)
class Spelling:
    """How a writer spells what ISO 32000-2 §7.3 leaves open."""

    blank: bytes = b" "
    """What stands between two tokens: white space, or a comment with its line end."""
    is_hexadecimal: bool = False
    """Whether strings are written in digits (§7.3.4.3) and names with `#xx` (§7.3.5)."""
    spell_number: Callable[[Decimal], bytes] = spell_plainly
    shift: int = 0
    """How far beside its object an offset points: -1 is the line break before it."""

    def write(self, pdf: bytes) -> bytes:
        """Write the objects of that file anew, into a file with one cross-reference table and a plain trailer."""
        with pikepdf.open(BytesIO(pdf)) as opened:
            objects = {one.objgen[0]: self._spell_object(one) for one in opened.objects if one.objgen[0]}
            trailer = {key: opened.trailer[key] for key in ("/Root", "/Info", "/ID") if key in opened.trailer}
            return append(HEAD, objects, trailer=Spelling()._spell_entries(trailer), shift=self.shift)

    def _spell_object(self, value: Any) -> bytes:
        if not isinstance(value, pikepdf.Stream):
            return self._spell_direct(value)
        content = value.read_raw_bytes()
        entries = self._spell_entries({key: one for key, one in value.stream_dict.items() if key != "/Length"})
        return b"<<%b /Length %d>>\r\nstream\r\n%b\r\nendstream" % (entries, len(content), content)

    def _spell(self, value: Any) -> bytes:
        if isinstance(value, pikepdf.Object) and value.is_indirect:
            # Hardly any reader takes a comment within a reference.
            between = b" " if b"%" in self.blank else self.blank
            return between.join((*(b"%d" % one for one in value.objgen), b"R"))
        return self._spell_direct(value)

    def _spell_direct(self, value: Any) -> bytes:
        spell: Callable[[Any], bytes] = next(spell for kinds, spell in self._kinds() if isinstance(value, kinds))
        return spell(value)

    def _kinds(self) -> tuple[tuple[Any, Callable[[Any], bytes]], ...]:
        return (
            (pikepdf.Dictionary, lambda one: b"<<%b%b%b>>" % (self.blank, self._spell_entries(one), self.blank)),
            (pikepdf.Array, lambda one: self.blank.join((b"[", *map(self._spell, one), b"]"))),
            (pikepdf.String, lambda one: self._spell_string(bytes(one))),
            (pikepdf.Name, lambda one: self._spell_name(str(one))),
            (bool, lambda one: b"true" if one else b"false"),
            ((int, Decimal), lambda one: self.spell_number(Decimal(one))),
            (object, lambda _: b"null"),
        )

    def _spell_entries(self, entries: Any) -> bytes:
        return self.blank.join(self._spell_name(key) + self.blank + self._spell(one) for key, one in entries.items())

    def _spell_name(self, name: str) -> bytes:
        text = name.removeprefix("/").encode()
        return b"/" + b"".join(b"#%02X" % one if self._is_escaped(one) else bytes([one]) for one in text)

    def _is_escaped(self, one: int) -> bool:
        return self.is_hexadecimal or not 0x21 <= one <= 0x7E or one in b"#/()<>[]{}%"

    def _spell_string(self, text: bytes) -> bytes:
        if self.is_hexadecimal:
            return b"<%b>" % text.hex(" ").encode()
        return b"(%b)" % b"".join(_ESCAPES.get(one, bytes([one])) for one in text)
