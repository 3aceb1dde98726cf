"""Archives of the ledger: what was settled long ago, a month in a file, as anybody can read it in ten years.

    archives/zimogs-archive-000001-2026-11.zip           a ZIP file, written once
        invoices-000001.jsonl                            a batch: each line is a record, byte for byte
        manifest.json                                    number, month, hash of the archive before, heads
        README.txt                                       how to check it without zimogs
        (its comment)                                    the summary, by which a batch is found
    archives/zimogs-archive-000001-2026-11.dropped.json  what stays of one that was dropped by policy
    archives/lock                                        held by whoever archives or drops

A batch stands in the ledger's folder or in an archive. For a moment it stands in both, never in neither: the archive is
durable, and read back, before a folder goes.
"""
