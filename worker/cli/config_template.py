"""The settings file that `zimogs config init` writes."""

import json
from dataclasses import dataclass

from config.sections import PRACTICE_CLIENT


@dataclass(frozen=True, slots=True)
class Answers:
    """What must be known for a settings file; `public_url` is None for a desk on this machine alone."""

    route: str
    seal: str
    approvers: tuple[str, ...]
    client_id: str
    anchors: tuple[str, ...] = ("anchors.pem",)
    platform_url: str = "https://eidas-demo.eparaksts.lv"
    signapi_url: str = "https://signapi-prep.eparaksts.lv"
    public_url: str | None = None
    client_secret: str | None = None
    """Only one that is published, as the practice vendor's."""


PRACTICE = Answers(
    route="invoices",
    seal="CN:SIA PARAUGS (P-256): eZīmogs",
    approvers=("000123-00001",),
    client_id=PRACTICE_CLIENT,
    anchors=("practice/root.pem",),
    platform_url="http://127.0.0.1:8500",
    signapi_url="http://127.0.0.1:8500",
    client_secret="practice-secret",  # noqa: S106  published with the practice vendor
)
"""For `zimogs sandbox --port 8500 --state practice --redirect-uri http://127.0.0.1:8400/callback`."""


def write_template(answers: Answers) -> str:
    """The file's text, in TOML."""
    return f"""\
# zimogs.toml. Every other setting, with its default: config/zimogs.example.toml, or `zimogs config schema`.
# Check it with `zimogs config check`, and the whole installation with `zimogs doctor`.

[eparaksts]
platform_url = {_quote(answers.platform_url)}
signapi_url = {_quote(answers.signapi_url)}
client_id = {_quote(answers.client_id)}
{_tell_secret(answers)}

[desk]
{_tell_address(answers)}

[trust]
anchors = {_quote_all(answers.anchors)}  # roots (PEM) that seals, timestamps and OCSP answers must lead to

[routes.{answers.route}]
seal = {_quote(answers.seal)}
approvers = {_quote_all(answers.approvers)}
# format = "edoc"          # containers around files of any kind, instead of PDFs with a seal inside
# max_documents = 100      # in a batch, so for one approval
"""


def _tell_secret(answers: Answers) -> str:
    if answers.client_secret is not None:
        return f"client_secret = {_quote(answers.client_secret)}"
    return (
        "# The client secret does not belong here: put it into /run/secrets/zimogs_eparaksts__client_secret, or into\n"
        "# the environment as ZIMOGS_EPARAKSTS__CLIENT_SECRET."
    )


def _tell_address(answers: Answers) -> str:
    if answers.public_url is not None:
        return f"public_url = {_quote(answers.public_url)}  # <public_url>/callback is registered with the vendor"
    return '# public_url = "https://seal.example.org"  # else browsers find it on this machine alone\n# port = 8400'


def _quote(text: str) -> str:
    """A basic string (TOML 1.0 §String), whose escapes JSON's are a part of."""
    return json.dumps(text, ensure_ascii=False)


def _quote_all(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(map(_quote, texts))}]"
