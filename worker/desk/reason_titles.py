"""Each reason why a document was put aside, in the few words that a list has room for."""

from collections.abc import Mapping

from jobs.model.reasons import Reason
from jobs.model.text import Text

TITLES: Mapping[Reason, Text] = {
    Reason.EMPTY: Text("The file is empty"),
    Reason.NOT_A_PDF: Text("Not a PDF"),
    Reason.DAMAGED: Text("The PDF is damaged"),
    Reason.ENCRYPTED: Text("The PDF is protected"),
    Reason.LOCKED: Text("A signature in it allows no change"),
    Reason.INCOMPLETE: Text("Parts of the PDF are missing"),
    Reason.DYNAMIC_FORM: Text("An outdated kind of form"),
    Reason.TOO_COMPLEX: Text("Cannot be checked within safe limits"),
    Reason.TOO_LARGE: Text("Too large"),
    Reason.NO_ROUTE: Text("No route collects it"),
    Reason.REFUSED_BY_VENDOR: Text("Refused by eParaksts"),
    Reason.NOT_CONTAINABLE: Text("Does not fit into a container"),
    Reason.UNUSABLE_NAME: Text("Its name cannot be used"),
    Reason.BAD_METADATA: Text("Its sidecar cannot be used, or is missing"),
    Reason.DUPLICATE: Text("The same content came before"),
    Reason.NOT_FINALIZED: Text("The seal could not be completed"),
    Reason.NOT_ARCHIVED: Text("Sealed without its archive timestamp"),
    Reason.NOT_VERIFIED: Text("What came back failed verification"),
    Reason.CANNOT_TELL: Text("What came back cannot be understood"),
    Reason.UNPROVEN: Text("The seal is not proven well enough"),
    Reason.LOST_ORIGINAL: Text("Our copy was lost or changed"),
    Reason.DAMAGED_RECORDS: Text("The records of its batch were damaged"),
    Reason.SEALED_BEFORE: Text("May have been sealed before"),
    Reason.UNEXPECTED: Text("A fault of zimogs"),
    Reason.ABANDONED: Text("Its batch was cancelled"),
}
"""One for each; what to do about it is told beside them."""
