"""What sealing may change in the document's catalogue (ISO 32000-2 §7.7.2), but for form and store."""

import re

from worker.verification.pades.allowed import CATALOGUE, EXTENSION
from worker.verification.pades.metadata import require_restamped
from worker.verification.pades.step import RevisionStep
from worker.verification.pades.syntax import Name, Value
from worker.verification.refusal import require

_VERSION = re.compile(r"(\d)\.(\d)")


def require_catalogue(step: RevisionStep) -> None:
    """The catalogue changes only where the allow-list says, and there only as it may. Raises Rejected."""
    before, after = step.before.catalogue, step.after.catalogue
    changed = step.find_changes(before, after)
    step.require_listed(changed, CATALOGUE, "the document's catalogue was changed")
    if "Version" in changed:
        versions = step.before.resolve(before.get("Version")) or Name("1.0"), step.after.resolve(after.get("Version"))
        found = [_VERSION.fullmatch(one) if isinstance(one, Name) else None for one in versions]
        is_raised = found[0][0] <= found[1][0] if found[0] and found[1] else False
        require(is_raised, "the document's version was lowered")
        step.explain(after.get("Version"), before.get("Version"))
    if "Extensions" in changed:
        _require_extended(step)
    if "Perms" in changed:
        _require_certified(step)
    require_restamped(step)


def _require_extended(step: RevisionStep) -> None:
    """Extensions are added, or their level is raised (§7.12); none is taken away."""
    values = step.before.catalogue.get("Extensions"), step.after.catalogue.get("Extensions")
    old, new = step.before.dictionary(values[0]), step.after.dictionary(values[1])
    step.explain(values[1], values[0])
    for prefix in step.find_changes(old, new) - {"Type"}:
        was, found = step.before.array(_as_list(old.get(prefix))), step.after.array(_as_list(new.get(prefix)))
        require(found and len(was) <= len(found), "an extension was taken away")
        for place, entry in enumerate(found):
            before = step.before.dictionary(was[place]) if place < len(was) else {}
            after = step.after.dictionary(entry)
            step.require_listed(after, EXTENSION, "an extension was changed")
            changed = step.find_changes(before, after)
            # /Type may be left out (§7.12, table 49): to write it, or no longer to write it, says nothing new.
            kept = not before or changed <= {"Type", "ExtensionLevel", "ExtensionRevision", "URL"}
            kind, version = after.get("Type"), after.get("BaseVersion")
            known = kind in (None, Name("DeveloperExtensions")) and isinstance(version, Name)
            levels = [one.get("ExtensionLevel", 0) for one in (before, after)]
            require(kept and known and levels[0] <= levels[1], "an extension was changed")
            step.explain_plain([after.get(key) for key in changed])
            step.explain(entry, was[place] if place < len(was) else None)


def _as_list(value: Value) -> list[Value]:
    """The extensions of one prefix: since PDF 2.0 they may be several (§7.12.2)."""
    return value if isinstance(value, list) else [value]


def _require_certified(step: RevisionStep) -> None:
    """A seal that certifies the document is named in its permissions (§12.8.6), which nobody's signature was before."""
    values = step.before.catalogue.get("Perms"), step.after.catalogue.get("Perms")
    old, new = step.before.dictionary(values[0]), step.after.dictionary(values[1])
    step.explain(values[1], values[0])
    named = step.after.resolve(new.get("DocMDP"))
    certified = step.find_changes(old, new) == {"DocMDP"} and "DocMDP" not in old
    certified = certified and step.is_new(new["DocMDP"]) and isinstance(named, dict) and "ByteRange" in named
    require(certified, "the document's permissions were changed")
