"""A fault in the settings tells its line and what was meant."""

import pytest

from config.lines import find_line
from config.schema import suggest_key

FILE = """\
# port = 1
[desk]
port = 8400  # of the pages
public_url = \'\'\'
port = "no key, but a part of a string"
\'\'\'
[routes.invoices]
seal = "a"
approvers = [
  "one",
  "two",
]
[ routes . "of-others" ]
"max_bytes" = 5
trust.anchors = []
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("desk", 2),
        ("desk.port", 3),
        ("desk.public_url", 4),
        ("desk.nothing", 2),
        ("routes", 7),
        ("routes.invoices.approvers.1", 9),
        ("routes.of-others.max_bytes", 14),
        ("routes.of-others.trust", 15),
        ("redis.url", None),
    ],
)
def test_a_key_is_found_on_its_line_or_where_its_table_begins(key: str, line: int | None) -> None:
    assert find_line(FILE, key.split(".")) == line


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("desk.prot", "desk.port"),
        ("rotues", "routes"),
        ("routes.invoices.max_document", "routes.invoices.max_documents"),
        ("eparaksts.clientid", "eparaksts.client_id"),
        ("routes.invoices.colour", None),
        ("colour", None),
        ("nowhere.port", None),
    ],
)
def test_a_misspelt_key_leads_to_the_one_that_was_meant(written: str, meant: str | None) -> None:
    assert suggest_key(written.split(".")) == meant
