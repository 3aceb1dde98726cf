"""How the code reads, in figures: `python -m tests.operations.measures`. Printed, never asserted: a place to look.

Participles and private functions that are used once tell of a private language and of stories cut into too many
pieces (callbacks and entries of tables, which need a name, are told apart); homonyms are names that mean two things.
`--list` names every function that the first two figures count.
"""

import argparse
import ast
import re
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

PACKAGES = ("jobs", "config", "worker", "sandbox")

HOMONYMS = {
    "AuthorizationRequest": "RFC 6749 §4.1.1 from both ends: the worker makes one, the practice vendor reads it",
    "Container": "ASiC-E (EN 319 162-1 §4.4), judged by the worker and packed by the practice vendor",
    "Document": "what is sealed: an original on its way, and a file as SignAPI knows it",
    "Operation": "a call of the vendor's API, from its client and from its server",
    "Reference": "an indirect reference (ISO 32000-2 §7.3.10), in two readers that may share no misreading",
    "Refusal": "a document that the worker puts aside, and a request that the practice vendor turns down",
    "Revision": "an incremental update (ISO 32000-2 §7.5.6), read by the worker and written by the practice vendor",
    "Settings": "what can be set, of each of the two programs",
    "SignatureValue": "SignAPI's field signatureValue: the worker's value of it, the practice vendor's variants of it",
    "Signer": "RFC 5652 §5.3 SignerInfo, read by the worker and written by the practice vendor",
    "Tail": "the end of a PDF, where revisions are read off by the worker and added by the practice vendor",
}
"""Names that more than one module defines, each with the reason why that is right.

All of them stand once in the worker (with `jobs` and `config`) and once in the practice vendor, which are independent
programs: where both do the same thing from two ends, the field has one word for it.
"""

_IRREGULAR = frozenset(
    """begun bound broken built chosen drawn driven found given gone heard held hidden kept known left lent lost made
    meant met paid said seen sent shown sold spent spoken taken told understood unheard woken worn written""".split()  # noqa: SIM905
)
_NO_PARTICIPLE = re.compile(r"(?:embed|feed|need|proceed|seed|speed|shed|bring|ring|sing|string|thing|king|sibling)$")
_CONTEXT_MANAGERS = {"contextmanager", "asynccontextmanager"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One source file, parsed."""

    path: Path

    @cached_property
    def text(self) -> str:
        """Its source."""
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return len(self.text.splitlines())

    @property
    def functions(self) -> list[Function]:
        """Every function and method, at any depth."""
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @property
    def import_lines(self) -> int:
        """How many lines its imports take."""
        imports = (node for node in ast.walk(self.tree) if isinstance(node, ast.Import | ast.ImportFrom))
        return sum((node.end_lineno or node.lineno) - node.lineno + 1 for node in imports)

    @property
    def comment_lines(self) -> int:
        """How many lines hold a comment and nothing else."""
        return sum(line.lstrip().startswith("#") for line in self.text.splitlines())

    @property
    def definitions(self) -> Iterator[str]:
        """Names of the classes, and of the capitalised aliases, that the module defines at its top."""
        for node in self.tree.body:
            if isinstance(node, ast.ClassDef):
                yield node.name
            targets = node.targets if isinstance(node, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Name) and re.fullmatch(r"_?[A-Z][a-z]\w*", target.id):
                    yield target.id

    def uses(self, name: str) -> int:
        """How often the module refers to a function of its own."""
        return sum(
            (isinstance(node, ast.Name) and node.id == name) or (isinstance(node, ast.Attribute) and node.attr == name)
            for node in ast.walk(self.tree)
        )


def is_participle(function: Function) -> bool:
    """Say whether the function is named by a participle; context managers may be."""
    decorators = {ast.unparse(one).split("(")[0].rpartition(".")[2] for one in function.decorator_list}
    if decorators & _CONTEXT_MANAGERS or "ContextManager" in ast.unparse(function.returns or ast.Name("")):
        return False
    first = function.name.strip("_").split("_")[0]
    ends = first.endswith(("ed", "ing")) and not _NO_PARTICIPLE.search(first)
    return ends or first in _IRREGULAR


def once_used(module: Module) -> list[Function]:
    """The private functions to which their module refers once."""
    private = (one for one in module.functions if one.name.startswith("_") and not one.name.endswith("__"))
    return [one for one in private if module.uses(one.name) == 1]


def is_handed_over(module: Module, function: Function) -> bool:
    """Whether the one use of it is no call: it is a callback, a decorator's, or stands in a table, and needs a name."""
    called = {ast.unparse(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
    return not called & {function.name, f"self.{function.name}", f"cls.{function.name}"}


def homonyms(modules: list[Module]) -> dict[str, list[Path]]:
    """The names that several modules define, and where."""
    places: dict[str, list[Path]] = defaultdict(list)
    for module in modules:
        for name in set(module.definitions):
            places[name].append(module.path)
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}


def justify(name: str, places: list[Path]) -> str:
    """The reason for a name with two meanings; there is none for two of them in one program."""
    ours = [path for path in places if path.parts[0] != "sandbox"]
    return HOMONYMS[name] if name in HOMONYMS and len(ours) <= 1 else "NOT JUSTIFIED"


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("packages", nargs="*", default=PACKAGES)
    arguments.add_argument("--list", action="store_true")
    given = arguments.parse_args()
    listed = subprocess.run(["git", "ls-files", *given.packages], check=True, capture_output=True, text=True).stdout
    modules = [Module(Path(name)) for name in listed.splitlines() if name.endswith(".py") and Path(name).exists()]
    functions = [(module, function) for module in modules for function in module.functions]
    participles = [(module, function) for module, function in functions if is_participle(function)]
    private = [(m, f) for m, f in functions if f.name.startswith("_") and not f.name.endswith("__")]
    once = [(module, function) for module in modules for function in once_used(module)]
    lines = sum(module.lines for module in modules)
    sizes = [module.lines for module in modules if module.path.name != "__init__.py"]
    print(f"functions named by a participle   {share(len(participles), len(functions))}")
    print(f"private functions used once       {share(len(once), len(private))}")
    called = [(module, function) for module, function in once if not is_handed_over(module, function)]
    print(f"… of these, called and not handed {share(len(called), len(private))}")
    print(f"import lines                      {share(sum(m.import_lines for m in modules), lines)}")
    print(f"own-line comments                 {share(sum(m.comment_lines for m in modules), lines)}")
    print(f"modules under 40 lines            {share(sum(size < 40 for size in sizes), len(sizes))}")
    print(f"median module                     {statistics.median(sizes):.0f} lines, the largest {max(sizes)}")
    for name, places in homonyms(modules).items():
        print(f"homonym {name}: {justify(name, places)} ({', '.join(map(str, places))})")
    if given.list:
        for title, found in (("participle", participles), ("used once", once)):
            for module, function in found:
                print(f"{title}: {module.path}:{function.lineno} {function.name}")


def share(part: int, whole: int) -> str:
    """A share in per cent, with both numbers."""
    return f"{part / max(whole, 1):6.1%}  ({part} of {whole})"


if __name__ == "__main__":
    main()
