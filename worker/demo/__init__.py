"""A whole rehearsal on one machine: sample invoices, the practice vendor, a practice person, and the real worker."""

NO_PRACTICE_VENDOR = (
    "The practice vendor is left out of this installation, so that nobody can take it for the real one. "
    "Run it from a checkout of zimogs: make demo, or zimogs sandbox after make test."
)
