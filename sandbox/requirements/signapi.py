"""Requirements of SignAPI about sessions and files (vendor §4.1 – 4.6)."""

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
        ("digest_algorithm",),
    ),
)


SIGNING = (
    Requirement(
        "calculate_digest_is_strict",
        "CalculateDigest: the certificate parses, is for signing (nonRepudiation) and within its validity.",
        (Source.DOCUMENTED, Source.SEEN, Source.CONVENTION),
        "`signAsPdf` with `createNewEdoc` is 400; `signAsPdf` with what is no PDF, or not one file, is an error; "
        "one shared summary; a P-384 certificate gets 48-byte digests while `algorithm` stays SHA256; a new call "
        "voids the old digest.",
        ("pdf_with_edoc", "signature_algorithm", "early_clients", "calculate_limit", "too_many", "--accept-revoked"),
    ),
    Requirement(
        "finalize_verifies_each_value",
        "finalizeSigning: each value verifies against its digest and certificate, else that session fails.",
        (Source.DOCUMENTED, Source.SEEN, Source.CONVENTION),
        "DER for EC; P1363 is refused. `authCertificate` is a person's authentication certificate, neither a "
        "seal's nor a signing one. A session without a digest is an error, and so is a second finalize: nothing "
        "is sealed twice. It may fail for one of N with HTTP 200 or for all with 400, outlast the client, or "
        "answer 504 after the work.",
        (
            "auth_certificate",
            "signature_value",
            "finalize_limit",
            "weather: partial",
            "weather: refused",
            "weather: delay",
            "weather: status",
        ),
    ),
    Requirement(
        "list_shows_the_sealed_file_alone",
        "A list differs before and after sealing; a download is an octet stream.",
        (Source.DOCUMENTED, Source.SEEN),
        "`?type=asice` renames only.",
        ("list_reply", "sizes"),
    ),
    Requirement(
        "sealed_files_are_real",
        "Sealed files are real PAdES and ASiC-E whose signatures lead to the sandbox's root.",
        (Source.CONVENTION,),
        "validate reports them, and TOTAL-FAILED after tampering.",
        ("pdf_writer", "container_writer", "ocsp_time", "weather: hostile"),
    ),
    Requirement(
        "validate_reports_what_is_signed",
        "validate: an inner file's id is 400 `BSS-002`, an unsigned file is 400; v1.0 and v2.0 shapes.",
        (Source.DOCUMENTED, Source.SEEN),
        switches=("first_report",),
    ),
    Requirement(
        "config_drives_the_limits",
        "The configuration tells the limits in force; `eSealCreate` with a cloud seal is an error.",
        (Source.DOCUMENTED,),
        switches=("config_path", "--file-max-length", "--session-expiration"),
    ),
    Requirement(
        "weather_applies_as_ordered",
        "Faults on order: 500, 502, 503, 504 and 429, a hang on the first start, a token that expires.",
        (Source.CONVENTION,),
        switches=("--weather", "--rule", "weather: status", "weather: hang", "weather: expired_token"),
    ),
)
