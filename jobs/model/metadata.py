"""What whoever handed a document in says about it: carried along, shown to people, never judged by."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from jobs.model.frozen import Frozen

AWord = Annotated[
    str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")
]
"""One line of text, as long as a page can show."""


class Metadata(Frozen):
    """What is known of one document besides the document. All of it may be missing.

    `total` is the sum that it is about, in `currency` (ISO 4217); `other` is anything else, by name.
    """

    number: AWord | None = None
    issued_on: date | None = None
    total: Decimal | None = Field(default=None, max_digits=18, decimal_places=4)
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    customer: AWord | None = None
    sender: AWord | None = None
    reference: AWord | None = None
    other: Mapping[AWord, AWord] = Field(default_factory=dict, max_length=50)
