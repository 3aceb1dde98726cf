"""The things a back office talks about: documents, the routes they take, and how each route seals them."""

from datetime import timedelta
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, ByteSize, Field, field_validator, model_validator

from jobs.model.asking import Asking
from jobs.model.digest import Digest
from jobs.model.frozen import Frozen
from jobs.model.levels import SealLevel
from jobs.model.metadata import Metadata
from jobs.model.names import ADocument, AName, APathName, APerson, ARoute
from jobs.model.remarks import Remark
from jobs.model.way_in import WayIn

CONTAINER_ENDINGS = (".edoc", ".asice")
"""How the names of ASiC-E containers end (vendor §4.3), in lower case."""


def is_container(name: str) -> bool:
    """Say whether a file or folder of this name is, or becomes, a container."""
    return name.lower().endswith(CONTAINER_ENDINGS)


class SealFormat(StrEnum):
    """What a sealed document becomes."""

    PDF = "pdf"
    """PAdES: the seal lies inside the PDF (ETSI EN 319 142-1)."""
    EDOC = "edoc"
    """ASiC-E with XAdES: a container holds the files and the seal over them (ETSI EN 319 162-1, 319 132-1)."""


class Content(StrEnum):
    """What of a document reaches the vendor."""

    WHOLE = "whole"
    HASH_ONLY = "hash-only"
    """Only its name and SHA-256; the container is completed here (ASiC-E only, vendor §4.6)."""


class Validation(StrEnum):
    """Who validates sealed files before delivery."""

    LOCAL = "local"
    """We alone."""
    VENDOR = "vendor"
    """The vendor too; its report is kept beside the delivery."""


Box = tuple[float, float, float, float]
"""A rectangle on a page in points: left, bottom, right, top (ISO 32000-2 §7.9.5)."""


class Profile(Frozen):
    """How documents are sealed: one for a whole batch, since the vendor takes flags for a whole call (vendor §2).

    A seal leaves no mark on a page unless `visible` says so; then it may only inside `visible_box` on `visible_page`
    (from 1).
    """

    format: SealFormat = SealFormat.PDF
    content: Content = Content.WHOLE
    level: SealLevel = SealLevel.LT
    validation: Validation = Validation.LOCAL
    visible: bool = False
    visible_page: int = Field(default=1, ge=1)
    visible_box: Box = (0, 0, 300, 150)

    @field_validator("level")
    @classmethod
    def _lasts(cls, level: SealLevel) -> SealLevel:
        if not level.reaches(SealLevel.LT):
            raise ValueError('a seal that nobody can verify later is not made here: level = "LT" or "LTA"')
        return level

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.content is Content.HASH_ONLY:
            for fits, why in (
                (self.format is SealFormat.EDOC, 'needs format = "edoc": the seal of a PDF lies inside the PDF'),
                (self.level is SealLevel.LT, 'needs level = "LT": an archive timestamp covers the files themselves'),
                (self.validation is Validation.LOCAL, 'needs validate = "local": the vendor has no file to validate'),
            ):
                if not fits:
                    raise ValueError(f'content = "hash-only" {why}')
        if self.visible and self.format is not SealFormat.PDF:
            raise ValueError('visible = true needs format = "pdf": a container has no page to show its seal on')
        return self


MOST_DOCUMENTS = 5000
"""In one batch, so for one approval."""


class Limits(Frozen):
    """When waiting documents become a batch, and how large one may grow.

    More than 100 documents are asked of the vendor only where somebody sets it: nobody publishes how many it takes.
    """

    max_documents: int = Field(default=100, ge=1, le=MOST_DOCUMENTS)
    max_bytes: ByteSize = Field(default=ByteSize(500_000_000), gt=0)
    max_wait: timedelta = Field(default=timedelta(seconds=30), ge=timedelta(0))
    """No document waits longer for company."""
    least_pause: timedelta = Field(default=timedelta(0), ge=timedelta(0))
    """With one, people who had nothing to do with a batch for so long are asked before `max_wait` is over, and others
    are not; without one each batch waits `max_wait` for company, or until it is full."""

    @model_validator(mode="after")
    def _keeps_its_promise(self) -> Self:
        if self.least_pause > self.max_wait:
            raise ValueError(
                "least_pause is longer than max_wait, and no document waits longer than that: raise max_wait"
            )
        return self


class Route(Frozen):
    """One way through: whose seal, which format, how batches are cut, and who may do what with them, when.

    With `four_eyes` a batch is released before it is approved, by somebody else: one of the `releasers`, or of the
    approvers where there are none. `deputies` stand in for the approvers from the escalation on.
    """

    name: ARoute
    seal: str = Field(min_length=1)
    profile: Profile = Profile()
    limits: Limits = Limits()
    approvers: frozenset[APerson] = Field(min_length=1)
    four_eyes: bool = False
    releasers: frozenset[APerson] = frozenset()
    deputies: frozenset[APerson] = frozenset()
    viewers: frozenset[APerson] = frozenset()
    asking: Asking = Asking()


class DataFile(Frozen):
    """A file that a seal covers: its bare name, its size in bytes, and its hash."""

    name: AName
    size: int = Field(gt=0)
    sha256: Digest
    media_type: str

    @field_validator("name")
    @classmethod
    def _is_bare(cls, name: str) -> str:
        if "/" in name or name in {".", ".."}:
            raise ValueError(f"{name!r} is not a bare file name")
        return name


class Document(Frozen):
    """One original as it was claimed: `sha256` and `size` (bytes) are what every later check refers to.

    `name` is the path below the route's folder, with `/` between its parts. A folder that is one document lists
    its `data_files` in the order of their names; its size is theirs together, and its `sha256` is the hash of what
    sha256sum(1) prints for them.
    """

    id: ADocument
    route: ARoute
    name: APathName
    size: int = Field(gt=0)
    sha256: Digest
    media_type: str = "application/pdf"
    data_files: tuple[DataFile, ...] = ()
    received_at: AwareDatetime
    way_in: WayIn = WayIn.FOLDER
    remarks: tuple[Remark, ...] = ()
    """What a person should know of it before approving; intake put them down."""
    metadata: Metadata | None = None

    @property
    def files(self) -> tuple[DataFile, ...]:
        """What the seal covers: the data files of a folder, or the document itself."""
        bare = self.name.rpartition("/")[2]
        return self.data_files or (DataFile(name=bare, size=self.size, sha256=self.sha256, media_type=self.media_type),)


def sealed_name(document: Document, sealed_as: SealFormat) -> str:
    """The name of the sealed file: a PDF keeps its own, a container adds its ending to what it holds."""
    is_named = bool(document.data_files) and is_container(document.name)
    return document.name if sealed_as is SealFormat.PDF or is_named else f"{document.name}.edoc"
