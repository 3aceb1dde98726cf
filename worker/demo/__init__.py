"""A whole rehearsal on one machine: sample invoices, the practice vendor, a practice person, and the real worker."""
