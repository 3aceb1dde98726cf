"""Why a document was put aside: a closed set, each with a sentence for the person who finds the file."""

from enum import StrEnum

from jobs.model.text import Text


class Reason(StrEnum):
    """Why a document was not sealed. Values are metric labels and stand in `name.error.json`."""

    EMPTY = "empty"
    NOT_A_PDF = "not-a-pdf"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    LOCKED = "locked"
    INCOMPLETE = "incomplete"
    DYNAMIC_FORM = "dynamic-form"
    TOO_COMPLEX = "too-complex"
    TOO_LARGE = "too-large"
    NO_ROUTE = "no-route"
    REFUSED_BY_VENDOR = "refused-by-vendor"
    NOT_CONTAINABLE = "not-containable"
    UNUSABLE_NAME = "unusable-name"
    BAD_METADATA = "bad-metadata"
    DUPLICATE = "duplicate"
    NOT_FINALIZED = "not-finalized"
    NOT_ARCHIVED = "not-archived"
    NOT_VERIFIED = "not-verified"
    CANNOT_TELL = "cannot-tell"
    UNPROVEN = "unproven"
    LOST_ORIGINAL = "lost-original"
    DAMAGED_RECORDS = "damaged-records"
    SEALED_BEFORE = "sealed-before"
    UNEXPECTED = "unexpected"
    ABANDONED = "abandoned"


ADVICE: dict[Reason, Text] = {
    Reason.EMPTY: Text("The file has no content. Export it again and drop it into the inbox."),
    Reason.NOT_A_PDF: Text(
        "Only PDF files are sealed here, and this is none, whatever it is named. Save it as PDF and drop "
        "it into the inbox."
    ),
    Reason.DAMAGED: Text("The PDF is damaged or cut off. Export it again and drop the new file into the inbox."),
    Reason.ENCRYPTED: Text(
        "The PDF is protected with a password or for certain people only. Save it without protection "
        "and drop it into the inbox."
    ),
    Reason.LOCKED: Text(
        "Somebody signed this PDF and allowed no change after that: a seal would break their signature. "
        "Ask them for a version that allows more signatures, or seal the document before they sign it."
    ),
    Reason.INCOMPLETE: Text(
        "The PDF refers to parts that are not in it, and the seal's own parts would take their place. "
        "Open it in a PDF reader, print it into a new PDF and drop that into the inbox."
    ),
    Reason.DYNAMIC_FORM: Text(
        "The PDF is a form of an outdated kind (dynamic XFA): each program that opens it makes its "
        "own pages. Print it into a new PDF and drop that into the inbox."
    ),
    Reason.TOO_COMPLEX: Text(
        "The PDF is built in a way that cannot be checked within safe limits. Open it in a PDF reader, "
        "print it into a new PDF and drop that into the inbox."
    ),
    Reason.TOO_LARGE: Text("The file is larger than the sealing service allows. Make it smaller or split it."),
    Reason.NO_ROUTE: Text(
        "The file lay where no route collects it. Put it into the folder of a route inside the inbox."
    ),
    Reason.REFUSED_BY_VENDOR: Text(
        "The sealing service refused this document. Open it in a PDF reader and save it anew; "
        "if that does not help, ask support with the details below."
    ),
    Reason.NOT_CONTAINABLE: Text(
        "This cannot go into a container as it is: a folder that is one document holds "
        "files only, none of them named like the container's own parts. Change what the details name and drop it again."
    ),
    Reason.UNUSABLE_NAME: Text(
        "The name holds something that it cannot keep on its way: the details say what. "
        "Rename the file and drop it into the inbox again."
    ),
    Reason.BAD_METADATA: Text(
        "The sidecar that came with it, the .json file of its name, cannot be used, or its route asks for one and none "
        "came: the details say which. Write it anew, and drop first the sidecar and then the document into the inbox "
        "again."
    ),
    Reason.DUPLICATE: Text(
        "The same content came on this route before, as the details say, and the route is set to put such documents "
        "aside. If it shall be sealed once more all the same, send it again from its page on the desk, or with "
        "`zimogs retry --again`."
    ),
    Reason.NOT_FINALIZED: Text(
        "The seal was approved, but the sealing service could not complete this document. "
        "Send it again on the desk, or with `zimogs retry`."
    ),
    Reason.NOT_ARCHIVED: Text(
        "It was sealed, but without the archive timestamp that its route asks for. The sealed file "
        "lies beside this one, ending in .sealed: it is valid, and can be used once it ends in .pdf or .edoc instead. "
        "Sent again, on the desk or with `zimogs retry`, the document is sealed once more."
    ),
    Reason.NOT_VERIFIED: Text(
        "What came back from the sealing service did not pass our verification and was not "
        "delivered. Tell the person responsible for sealing: the evidence lies beside this file."
    ),
    Reason.CANNOT_TELL: Text(
        "It was sealed, but the sealed file is written in a way that our verification does not understand, so it was "
        "not delivered. Nothing says that it was changed. Tell the person responsible for sealing: the sealed file "
        "lies beside this one."
    ),
    Reason.UNPROVEN: Text(
        "It was sealed and nothing was altered, but the proof in it that the seal's certificate was not revoked is "
        "older than its timestamp, so that DigiDoc calls it invalid. It was not delivered. Send it again on the desk, "
        "or with `zimogs retry`; if that ends the same way, tell the person responsible for sealing: eParaksts has to "
        "ask for that proof after the timestamp. The sealed file lies beside this one."
    ),
    Reason.LOST_ORIGINAL: Text(
        "Our own copy of the document vanished from the data folder, or was changed there, by somebody or something "
        "that is not zimogs. Nothing of it was delivered. Drop the document into the inbox again, and tell the person"
        " responsible for this machine."
    ),
    Reason.DAMAGED_RECORDS: Text(
        "The records of its batch were damaged, so zimogs could not go on with it. The details say whether it may "
        "have been sealed: if so, look first whether its sealed file has reached you. If not, send it again on "
        "the desk, or with `zimogs retry`."
    ),
    Reason.SEALED_BEFORE: Text(
        "This document may have been sealed before: zimogs works with an older copy of its data, or the sealing "
        "service let go of the sealed file, as the details say. It was not sealed again. Look for the sealed file "
        "first; only if there is none, send the document again on the desk, or with `zimogs retry`."
    ),
    Reason.UNEXPECTED: Text(
        "zimogs met a fault of its own with this document; all others went on without it. Tell support, with the "
        "details below. If it is a PDF, open it in a PDF reader, print it into a new PDF and drop that into the "
        "inbox; else send it again on the desk, or with `zimogs retry`, once zimogs has been brought up to date."
    ),
    Reason.ABANDONED: Text("The batch was cancelled. Send the document again on the desk, or with `zimogs retry`."),
}
"""What a person can do about each reason, in plain language."""
