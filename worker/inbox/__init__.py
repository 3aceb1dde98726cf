"""Everything that comes in: dropped into a folder, handed in by a person, or sent again from quarantine."""

from worker.inbox.intake import Intake
from worker.inbox.outcomes import Outcome, Stuck, Sweep
from worker.inbox.reception import Reception
from worker.inbox.scanning import Inbox
from worker.inbox.watch import watch

__all__ = ["Inbox", "Intake", "Outcome", "Reception", "Stuck", "Sweep", "watch"]
