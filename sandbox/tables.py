"""The tables of the README, drawn from what is enforced, what can be chosen, and who is there."""

from collections.abc import Iterable, Sequence

from sandbox.pages.english import ENGLISH
from sandbox.people.person import Person
from sandbox.requirements import Requirement
from sandbox.variants import Variants
from sandbox.variants.choice import Choice
from sandbox.variants.model import SWITCHES
from sandbox.weather.acts import HostileAct


def rules_table(requirements: Iterable[Requirement]) -> str:
    """Draw rules with where each comes from and what changes it."""
    return _table(
        ("rule", "where it comes from", "changed by"),
        (
            (
                f"**{requirement.rule}** {requirement.details}".strip(),
                ", ".join(requirement.sources),
                ", ".join(f"`{switch}`" for switch in requirement.switches),
            )
            for requirement in requirements
        ),
    )


def switches_table(usual: Variants) -> str:
    """Draw the switches with their choices, the usual one first, and the source of each."""
    rows = []
    for name, switch in SWITCHES.items():
        usually: Choice = getattr(usual, name)
        choices = (usually, *(one for one in switch if one is not usually))
        rows.append((f"`{name}`", str(switch.__doc__), "<br>".join(f"`{one.value}`: {one.__doc__}" for one in choices)))
    return _table(("switch", "what it is about", "choices"), rows)


def people_table(people: Iterable[Person]) -> str:
    """Draw people with how they log in and what they seal with."""
    return _table(
        ("login", "who", "logs in with", "seals"),
        (
            (
                f"`{person.login}`",
                f"{person.name}, {person.personal_code}: {ENGLISH.about[person.login]}",
                ", ".join(f"`{method}`" for method in person.methods),
                "<br>".join(seal.in_words for seal in person.seals) or "none",
            )
            for person in people
        ),
    )


def acts_table() -> str:
    """Draw what a hostile vendor does, and at which call."""
    return _table(("act", "at", "what"), ((f"`{act}`", str(act.operation), str(act.__doc__)) for act in HostileAct))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)
