"""Requirements of SignAPI about sessions and files (§4.1 – 4.6)."""

from sandbox.requirements.requirement import Requirement, Source

STORAGE = (
    Requirement(
        "answers_come_in_envelopes",
        "`{data}` and `{error}` envelopes; paths in any case; 201 on start and upload, 200 elsewhere.",
        (Source.SEEN,),
        switches=("paths", "start_status", "upload_status"),
    ),
    Requirement(
        "start_counts_sessions",
        "start: `amount` from 1 to 100 (else 400); its presence decides the name of the key.",
        (Source.DOCUMENTED, Source.SEEN),
        switches=("start_reply",),
    ),
    Requirement(
        "sessions_belong_to_a_client",
        "Sessions belong to a client id; a foreign, unknown, closed or expired one is not found (404).",
        (Source.DOCUMENTED, Source.CONVENTION),
        "Close deletes the files.",
        ("--session-expiration",),
    ),
    Requirement(
        "upload_takes_one_multipart_file",
        "Upload takes only PUT, multipart, a part named `file`.",
        (Source.DOCUMENTED, Source.CONVENTION),
        "A JSON or raw body is 415 or 400; a size over `fileMaxLength` is 413; a container's upload lists "
        "`includedDocuments`.",
        ("upload_reply", "upload_status", "--file-max-length"),
    ),
    Requirement(
        "document_digests_are_checked",
        "addDocumentDigest: the word SHA256 only (`SHA-256` is refused) and a digest of 32 bytes.",
        (Source.DOCUMENTED, Source.SEEN),
        "Never with `signAsPdf`, and no name twice.",
    ),
)
