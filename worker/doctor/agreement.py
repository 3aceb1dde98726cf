"""Whether machines that share a bucket are set alike where they must be, as far as they run now."""

from worker.doctor.finding import Finding, caution, fine
from worker.storage.agreement import VERSION, Agreement

_SET_ALIKE = "Set it alike on all machines that share the bucket, and restart zimogs where it was changed."
_ONE_VERSION = "Stop zimogs on all of them, and start it with one version (deploy/BACKUP.md, Upgrade)."


async def examine_agreement(agreement: Agreement) -> list[Finding]:
    """Compare with what running processes told; nothing where no other machine could be there."""
    try:
        differences = await agreement.find_differences()
    except OSError as error:
        return [caution("other machines", f"cannot be asked: {error}", "Correct what is said of the storage.")]
    if differences is None:
        return []
    return [
        caution(
            "other machines",
            f"{name} is not as here on {', '.join(sorted(machines))}",
            _ONE_VERSION if name == VERSION else _SET_ALIKE,
        )
        for name, machines in differences.items()
    ] or [fine("other machines", "those that run are set as this one where they must be")]
