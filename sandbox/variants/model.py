"""The choice at every switch."""

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator, model_validator

from sandbox.variants import limits, platform, signapi
from sandbox.variants.choice import Choice

LIMITS = ("calculate_limit", "consent_limit", "sign_limit", "finalize_limit")


class Variants(BaseModel):
    """How this vendor behaves where sources differ; the defaults are what is most probable (vendor §7)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    redirect_uri: platform.RedirectUri = platform.RedirectUri.OPTIONAL
    sign_scope: platform.SignScope = platform.SignScope.BESIDE_OTHERS
    expires_in: platform.ExpiresIn = platform.ExpiresIn.NUMBER
    token_parameters: platform.TokenParameters = platform.TokenParameters.FORM_AND_QUERY
    api_key: platform.KeyEncoding = platform.KeyEncoding.ENCODED
    code_reuse: platform.CodeReuse = platform.CodeReuse.REFUSED
    pkce: platform.Pkce = platform.Pkce.SUPPORTED
    user_call: platform.UserCall = platform.UserCall.GET_AND_POST
    signing_user: platform.SigningUser = platform.SigningUser.TOLD
    acr: platform.Acr = platform.Acr.FLOW
    identity: platform.IdentityReply = platform.IdentityReply.WRAPPED
    certificate: platform.CertificateText = platform.CertificateText.ONE_LINE
    name_label: platform.NameLabel = platform.NameLabel.PREFIXED
    permissions: platform.Permissions = platform.Permissions.ABSENT
    links: platform.Links = platform.Links.SCOPES
    self_link: platform.SelfLink = platform.SelfLink.REACHABLE
    json_text: platform.JsonText = platform.JsonText.ASCII
    batch_reply: platform.BatchReply = platform.BatchReply.TEXTS
    batch_base64: platform.BatchBase64 = platform.BatchBase64.STANDARD
    ecdsa: platform.Ecdsa = platform.Ecdsa.DER
    signing_token: platform.SigningToken = platform.SigningToken.SINGLE_USE
    signing_parts: limits.SigningParts = limits.SigningParts.REFUSED
    signing_token_life: limits.SigningTokenLife = limits.SigningTokenLife.AS_SET
    calculate_limit: limits.CalculateLimit = limits.CalculateLimit.NONE
    consent_limit: limits.ConsentLimit = limits.ConsentLimit.NONE
    sign_limit: limits.SignLimit = limits.SignLimit.NONE
    finalize_limit: limits.FinalizeLimit = limits.FinalizeLimit.NONE
    too_many: limits.TooMany = limits.TooMany.COUNTED
    refused_batch: limits.RefusedBatch = limits.RefusedBatch.KEEPS
    paths: signapi.Paths = signapi.Paths.ANY_CASE
    config_path: signapi.ConfigPath = signapi.ConfigPath.EITHER
    start_reply: signapi.StartReply = signapi.StartReply.BY_AMOUNT
    start_status: signapi.Created = signapi.Created.CREATED
    upload_status: signapi.Created = signapi.Created.CREATED
    upload_reply: signapi.UploadReply = signapi.UploadReply.OBJECT
    list_reply: signapi.ListReply = signapi.ListReply.ARRAY
    digest_algorithm: signapi.DigestAlgorithm = signapi.DigestAlgorithm.REQUIRED
    sizes: signapi.Sizes = signapi.Sizes.NUMBER
    pdf_with_edoc: signapi.PdfWithEdoc = signapi.PdfWithEdoc.REFUSED
    signature_algorithm: signapi.SignatureAlgorithm = signapi.SignatureAlgorithm.PLATFORM
    early_clients: signapi.EarlyClients = signapi.EarlyClients.AS_EVER
    auth_certificate: signapi.AuthCertificate = signapi.AuthCertificate.PERSON
    signature_value: signapi.SignatureValue = signapi.SignatureValue.ONCE
    ocsp_time: signapi.OcspTime = signapi.OcspTime.WITH
    first_report: signapi.FirstReport = signapi.FirstReport.DETAILED
    pdf_writer: signapi.PdfWriter = signapi.PdfWriter.PYHANKO
    container_writer: signapi.ContainerWriter = signapi.ContainerWriter.BASELINE

    @model_validator(mode="before")
    @classmethod
    def _require_known(cls, chosen: object) -> object:
        """Name the switches there are to somebody who names another."""
        if isinstance(chosen, dict) and (unknown := chosen.keys() - cls.model_fields.keys()):
            raise ValueError(f"there is no {', '.join(sorted(unknown))}; there is {', '.join(cls.model_fields)}")
        return chosen

    @field_validator("start_status", "upload_status", "too_many", *LIMITS, mode="before")
    @classmethod
    def _as_text(cls, status: object) -> object:
        """Let a status or a figure be written as the number it is."""
        return str(status) if isinstance(status, int) else status


SWITCHES: dict[str, type[Choice]] = {
    name: field.annotation
    for name, field in Variants.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Choice)
}
"""Every switch by its name, in the order in which a request meets them."""


def describe_switches() -> dict[str, Any]:
    """Return every switch with what it is about and its choices with their sources, ready for JSON."""
    return {
        name: {"about": switch.__doc__, "choices": {choice.value: choice.__doc__ for choice in switch}}
        for name, switch in SWITCHES.items()
    }


class Switchboard:
    """Hold the choice; one that was handed out never changes."""

    def __init__(self, variants: Variants) -> None:
        """Begin with the choice made at the start."""
        self.variants = variants

    def set(self, variants: Variants) -> None:
        """Let every answer from now on be made in another way."""
        self.variants = variants
