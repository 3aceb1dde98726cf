"""What a person should know of a document before approving it: a closed set, each with a sentence for the desk."""

from enum import StrEnum

from jobs.model.text import Text


class Remark(StrEnum):
    """Something about a document that does not keep it from being sealed, but that a person may decide upon."""

    SIGNED_BEFORE = "signed-before"
    CERTIFIED = "certified"
    SIGNATURE_FIELD = "signature-field"
    FORM = "form"
    XFA_FORM = "xfa-form"
    ATTACHMENTS = "attachments"
    SCRIPTS = "scripts"
    LAYERS = "layers"
    USAGE_RIGHTS = "usage-rights"
    MISSING_PARTS = "missing-parts"
    UNPORTABLE_NAME = "unportable-name"


EXPLANATION: dict[Remark, Text] = {
    Remark.SIGNED_BEFORE: Text(
        "Somebody has signed this document already. Their signature stays valid beside the seal."
    ),
    Remark.CERTIFIED: Text("Its author certified this document and allowed that others sign it."),
    Remark.SIGNATURE_FIELD: Text(
        "It has an empty signature field, which waits for somebody. The seal leaves it empty."
    ),
    Remark.FORM: Text(
        "It holds a form. The seal covers what is filled in now; later entries would be seen as changes."
    ),
    Remark.XFA_FORM: Text("It holds a form of an outdated kind (XFA), which some programs show in their own way."),
    Remark.ATTACHMENTS: Text("Other files are attached inside it. They are sealed together with it."),
    Remark.SCRIPTS: Text("It holds scripts, which may change what a program shows."),
    Remark.LAYERS: Text("It has layers, which can be shown and hidden."),
    Remark.USAGE_RIGHTS: Text("It was given extended rights for Adobe Reader. They end with the seal."),
    Remark.MISSING_PARTS: Text("It refers to parts that are not in it. Programs show it without them."),
    Remark.UNPORTABLE_NAME: Text(
        "Some systems, such as Windows, cannot hold its name as it is, or mistake it for another."
    ),
}
"""What each remark tells the person who approves, in plain language."""
