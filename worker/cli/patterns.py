from enum import StrEnum


class Pattern(StrEnum):
    """When the documents of a simulation come."""

    OFFICE_HOURS = "office-hours"
    """From eight to five, on working days."""
    EVEN = "even"
    """Day and night, on every day."""
    MONTHLY_BURST = "monthly-burst"
    """Most of twenty working days' documents within two hours of the first one, the rest as in office hours."""
