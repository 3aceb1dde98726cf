"""Who reads a page, and what others are called on it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.model.names import PersonalCode
from jobs.model.text import Text


@dataclass(frozen=True, slots=True)
class Reader:
    """A person at the desk; `names` are what people are called, as far as that is known."""

    code: PersonalCode
    names: Mapping[PersonalCode, str] = field(default_factory=dict)

    def name(self, person: PersonalCode) -> str:
        """What another person is called."""
        return self.names.get(person) or Text("The person {code}", code=person)

    def tell(self, person: PersonalCode | None, yours: Text, theirs: Text) -> Text:
        """Choose the sentence, for what the reader did themselves and for what others did."""
        return yours if person == self.code else theirs
