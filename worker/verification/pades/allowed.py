"""What sealing may add to a document or change in it, key by key. What is not listed here is refused.

Clauses are of ISO 32000-2 where they do not say otherwise. Beside each entry stands why it is harmless.
"""

CATALOGUE = {
    "AcroForm": "§12.7.3: the form that the seal's field belongs to; its own entries are judged one by one",
    "DSS": "§12.8.4.3: the security store; every object of it is judged",
    "Extensions": "§7.12: a writer names the extensions it uses; they only grow",
    "Metadata": "§14.3.2: says when and with what the file was saved; nothing else of it may change",
    "Perms": "§12.8.6: a seal that certifies is named there, and nothing else",
    "Version": "§7.7.2: a writer raises the version to that of what it adds",
}

FORM = {
    "Fields": "§12.7.3: gains the seal's field; the others keep their order",
    "SigFlags": "§12.7.3, table 225: signatures exist, and the file is to be appended to",
    "NeedAppearances": "§12.7.3: may be taken away or be false; true would have readers draw fields anew",
    "DR": "§12.7.3: standard fonts for fields of a form that had none; in others they could change how fields look",
    "DA": "§12.7.4.3: the default appearance, where no field was that could use it",
}

PAGE = {
    "Annots": "§12.5.2: gains the seal's widget; the others keep their order",
    "Tabs": "§12.5.1: the order in which a keyboard walks through annotations",
    "StructParents": "§14.7.5.4: where the page had none; a number by itself shows nothing",
    "LastModified": "§14.5: when the page was changed",
}

INHERITABLE = {
    "Resources": "§7.7.3.4: written onto the page as it was inherited",
    "MediaBox": "§7.7.3.4",
    "CropBox": "§7.7.3.4; by default the media box (§14.11.2)",
    "Rotate": "§7.7.3.4; by default 0",
}

PAGES = {
    "ITXT": "not in the standard: iText 2 writes its version into the root of the page tree; nobody reads it",
}

FIELD = {
    "FT": "§12.7.4.1: Sig, its own or inherited",
    "T": "§12.7.4.2: its name",
    "TU": "§12.7.4.1: its name for people",
    "TM": "§12.7.4.1: its name for exports",
    "Ff": "§12.7.4.1: read-only, required, not to be exported",
    "V": "§12.7.5.5: the signature",
    "Kids": "§12.7.4.1: its own widgets or fields, and nobody else's",
    "Parent": "§12.7.4.1: the field that names it as a kid",
    "Lock": "§12.7.5.5: which fields it locks",
    "SV": "§12.7.5.5: what it wants of a signature",
}

WIDGET = {
    "Type": "§12.5.2: Annot",
    "Subtype": "§12.5.6.19: Widget",
    "Rect": "§12.7.5.5: without area, where the seal may not be seen",
    "P": "§12.5.2: its page",
    "NM": "§12.5.2: its name among annotations",
    "M": "§12.5.2: when it was changed",
    "F": "§12.5.3: flags; none of them hides what an appearance draws from every reader, so none is relied on",
    "AP": "§12.5.5: an appearance that draws nothing, which PDF/A-1 asks for (ISO 19005-1 §6.5.3)",
    "AS": "§12.5.5: which of its appearances is shown",
    "Border": "§12.5.4: of a rectangle without area",
    "BS": "§12.5.4: the same",
    "MK": "§12.5.6.19: the same",
    "H": "§12.5.6.19: how it looks while a mouse button is held",
    "StructParent": "§14.7.5.4: a number by itself shows nothing",
    "DR": "not in the standard: iText writes one; it is for text, and a signature field has none",
    "DA": "§12.7.4.3: the same",
    "Q": "§12.7.4.3: the same",
}

SIGNED = {
    "V": "§12.7.5.5: an empty signature field of the document gets its signature",
    "AP": "§12.5.5: and an appearance that draws nothing",
    "F": "§12.5.3: is locked; where it has no appearance, also is printed",
    "M": "§12.5.2: when it was changed",
}

SIGNATURE = {
    "Type": "§12.8.1, table 255: Sig, or DocTimeStamp (§12.8.5)",
    "Filter": "§12.8.1: who may verify it",
    "SubFilter": "§12.8.1: ETSI.CAdES.detached (ETSI EN 319 142-1 §6.3) or ETSI.RFC3161",
    "Contents": "§12.8.1: the CMS, judged by itself",
    "ByteRange": "§12.8.1: all but the contents, judged by itself",
    "Reference": "§12.8.2: what it certifies; none that locks fields",
    "Name": "§12.8.1: who, in words",
    "M": "§12.8.1: when, by its own word",
    "Location": "§12.8.1",
    "Reason": "§12.8.1",
    "ContactInfo": "§12.8.1",
    "R": "§12.8.1: the handler's version",
    "V": "§12.8.1: the format's version",
    "Prop_Build": "§12.8.1: with what it was made",
    "Prop_AuthTime": "§12.8.1",
    "Prop_AuthType": "§12.8.1",
    "Changes": "§12.8.1: how much was changed before, by the writer's own word",
}

STORE = {
    "Type": "§12.8.4.3, table 261",
    "Certs": "§12.8.4.3",
    "OCSPs": "§12.8.4.3",
    "CRLs": "§12.8.4.3",
    "VRI": "§12.8.4.4: which proof is for which signature",
}

VRI = {
    "Type": "§12.8.4.4, table 262",
    "Cert": "§12.8.4.4",
    "OCSP": "§12.8.4.4",
    "CRL": "§12.8.4.4",
    "TU": "§12.8.4.4: when it was made",
    "TS": "§12.8.4.4: a timestamp of when it was made",
}

PROOF = {
    "Type": "not in the standard: some writers name what the stream holds",
    "Subtype": "the same",
    "Length": "§7.3.8.2",
    "Filter": "§7.3.8.2",
    "DecodeParms": "§7.3.8.2",
    "DL": "§7.3.8.2: how long it is decoded",
}

INFORMATION = {
    "ModDate": "§14.3.3: when the file was last changed",
    "Producer": "§14.3.3: with what",
}

METADATA = {
    "Type": "§14.3.2, table 347: Metadata",
    "Subtype": "§14.3.2: XML",
    "Length": "§7.3.8.2",
    "Filter": "§7.3.8.2",
    "DecodeParms": "§7.3.8.2",
    "DL": "§7.3.8.2",
}

TRAILER = {
    "Size": "§7.5.5: counts the new objects too; judged where the revision is read",
    "Prev": "§7.5.5: leads to the revision before; judged where the revision is read",
    "Root": "§7.5.5: stays the same; judged by itself",
    "Info": "§14.3.3: judged by itself",
    "ID": "§14.4: its second half is new with every revision",
    "XRefStm": "§7.5.8.4: hybrid files; judged where the revision is read",
    "Type": "§7.5.8.2: the entries of a cross-reference stream",
    "W": "§7.5.8.2",
    "Index": "§7.5.8.2",
    "Length": "§7.3.8.2",
    "Filter": "§7.3.8.2",
    "DecodeParms": "§7.3.8.2",
    "DL": "§7.3.8.2",
}

EXTENSION = {
    "Type": "§7.12, table 48",
    "BaseVersion": "§7.12",
    "ExtensionLevel": "§7.12",
    "ExtensionRevision": "§7.12",
    "URL": "§7.12: where a person may read about it",
}

STRUCTURE = {
    "K": "§14.7.2: gains an element for the seal's widget",
    "ParentTree": "§14.7.5.4: gains a number for it",
    "ParentTreeNextKey": "§14.7.2, table 354: the next number that is free",
}

ELEMENT = {
    "Type": "§14.7.2, table 355: StructElem",
    "S": "§14.7.3: what kind of element it is",
    "P": "§14.7.2: the element above it",
    "Pg": "§14.7.2: its page",
    "K": "§14.7.2: the seal's widget. No words: what /Alt, /ActualText or /E say would be spoken (§14.9)",
}

OBJECT_REFERENCE = {
    "Type": "§14.7.5.3, table 358: OBJR",
    "Obj": "§14.7.5.3: the seal's widget",
    "Pg": "§14.7.5.3: its page",
}

NUMBER_NODE = {
    "Nums": "§7.9.7, table 37: numbers with their values; those that were there keep theirs",
    "Kids": "§7.9.7: nodes below",
    "Limits": "§7.9.7: the smallest and the largest number",
}

EMPTY_APPEARANCE = {
    "Type": "§8.10.2, table 93",
    "Subtype": "§8.10.2",
    "FormType": "§8.10.2",
    "BBox": "§8.10.2",
    "Matrix": "§8.10.2",
    "Resources": "§7.8.3: of what nothing is drawn",
    "Group": "§11.6.6: how it would be painted",
    "Length": "§7.3.8.2",
    "Filter": "§7.3.8.2",
    "DecodeParms": "§7.3.8.2",
    "DL": "§7.3.8.2",
}

SILENT_OPERATORS = {
    b"q": "§8.4.4: keeps the graphics state",
    b"Q": "§8.4.4: restores it",
    b"cm": "§8.4.4: moves what is drawn, if anything is",
    b"Do": "§8.8: draws a form; every form it could draw is judged the same way",
    b"re": "§8.5.2: begins a path; without an operator that paints nothing is seen",
    b"W": "§8.5.4: clips",
    b"W*": "§8.5.4: clips",
    b"n": "§8.5.3: ends a path without painting it",
    b"BMC": "§14.6: marks content",
    b"BDC": "§14.6: the same",
    b"EMC": "§14.6: the same",
}
"""What a content stream may hold that draws nothing."""
