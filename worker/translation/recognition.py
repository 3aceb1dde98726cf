"""Which template an English sentence was made of: records and errors keep the sentence alone."""

from dataclasses import dataclass
from functools import cache
from string import Formatter

from jobs.model.text import Language, Text, Written
from worker.translation.catalogue import messages

LONGEST = 2000
"""Characters; what is longer is no sentence of ours."""
FEWEST = 8
"""Characters that a template must give of its own: `{name}: {detail}` would fit anything."""


@dataclass(frozen=True, slots=True)
class _Template:
    """A message with places for values. `literals` stand before, between and behind the places."""

    one: str
    many: str
    literals: tuple[str, ...]
    names: tuple[str, ...]

    def values(self, sentence: str) -> dict[str, str] | None:
        """What stands in the places; None where the sentence does not fit. Linear: it may hold a stranger's words."""
        first, *between, last = self.literals
        if not sentence.startswith(first) or not sentence.endswith(last) or len(sentence) <= len(first) + len(last):
            return None
        rest, found = sentence[len(first) : len(sentence) - len(last)], []
        for literal in between:
            value, there, rest = rest.partition(literal)
            if not value or not there:
                return None
            found.append(value)
        return dict(zip(self.names, [*found, rest], strict=True)) if rest else None


def recognise(sentence: str, language: Language) -> str:
    """The text that the sentence was made of; the plain sentence where no template of the language fits."""
    plain = str(sentence)
    if len(plain) > LONGEST or messages(language).get(plain) is not None:
        return plain
    for template in _templates(language):
        values = template.values(plain)
        if values is None:
            continue
        # A lone word may be a name, and is left as it is.
        told = {name: Written(value) if " " in value else value for name, value in values.items()}
        if not template.many:
            return Text.of(template.one, "", 1, dict(told))
        number = values["count"].replace("\N{NO-BREAK SPACE}", "")
        if number.isdecimal():
            return Text.of(template.one, template.many, int(number), {**told, "count": int(number)})
    return plain


@cache
def _templates(language: Language) -> tuple[_Template, ...]:
    """All of the language, those that say most of their own first."""
    found = []
    for message in messages(language):
        one, many = (message.id, "") if isinstance(message.id, str) else message.id
        found += [template for shape in filter(None, (one, many)) if (template := _template(one, many, shape))]
    return tuple(sorted(found, key=lambda template: -sum(map(len, template.literals))))


def _template(one: str, many: str, shape: str) -> _Template | None:
    try:
        pieces = [(literal, name) for literal, name, *_ in Formatter().parse(shape)]
    except ValueError:
        # Written for a page, by whose rules a brace is a brace.
        return None
    names = tuple(name for _, name in pieces if name is not None)
    literals = tuple(literal for literal, _ in pieces) + (("",) if pieces and pieces[-1][1] is not None else ())
    fits = names and len(set(names)) == len(names) and all(literals[1:-1]) and (not many or "count" in names)
    return _Template(one, many, literals, names) if fits and sum(map(len, literals)) >= FEWEST else None
