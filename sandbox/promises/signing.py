"""Promises of SignAPI about digests, sealed files and what goes wrong (§4.7 – 4.12)."""

from sandbox.promises.promise import Promise, Source

SIGNING = (
    Promise(
        "calculate_digest_is_strict",
        "CalculateDigest: the certificate parses, is for signing (nonRepudiation) and within its validity.",
        (Source.DOCUMENTED, Source.SEEN, Source.CONVENTION),
        "`signAsPdf` with `createNewEdoc` is 400; `signAsPdf` with what is no PDF, or not one file, is an error; "
        "one shared summary; a P-384 certificate gets 48-byte digests while `algorithm` stays SHA256; a new call "
        "voids the old digest.",
        ("pdf_with_edoc", "signature_algorithm", "--accept-revoked"),
    ),
    Promise(
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
            "weather: partial",
            "weather: refused",
            "weather: delay",
            "weather: status",
        ),
    ),
    Promise(
        "list_shows_the_sealed_file_alone",
        "A list differs before and after sealing; a download is an octet stream.",
        (Source.DOCUMENTED, Source.SEEN),
        "`?type=asice` renames only.",
        ("list_reply", "sizes"),
    ),
    Promise(
        "sealed_files_are_real",
        "Sealed files are real PAdES and ASiC-E whose signatures lead to the sandbox's root.",
        (Source.CONVENTION,),
        "validate reports them, and TOTAL-FAILED after tampering.",
        ("pdf_writer", "weather: hostile"),
    ),
    Promise(
        "validate_reports_what_is_signed",
        "validate: an inner file's id is 400 `BSS-002`, an unsigned file is 400; v1.0 and v2.0 shapes.",
        (Source.SEEN,),
        switches=("first_report",),
    ),
    Promise(
        "config_drives_the_limits",
        "The configuration tells the limits in force; `eSealCreate` with a cloud seal is an error.",
        (Source.DOCUMENTED,),
        switches=("config_path", "--file-max-length", "--session-expiration"),
    ),
    Promise(
        "weather_strikes_as_ordered",
        "Faults on order: 500, 502, 503, 504 and 429, a hang on the first start, a token that expires.",
        (Source.CONVENTION,),
        switches=("--weather", "--rule", "weather: status", "weather: hang", "weather: expired_token"),
    ),
)
