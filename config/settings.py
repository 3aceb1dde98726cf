"""All settings of zimogs as one frozen value, read once at the start.

Later sources win: the TOML file, then environment variables (`ZIMOGS_DESK__PORT=8080`), then files in the
secrets folder (`zimogs_eparaksts__client_secret`), so that no secret has to stand in a file under version control.
"""

from contextlib import suppress
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator
from pydantic_settings import (
    BaseSettings,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from config.api import ApiSettings
from config.archive import ArchiveSettings, RetentionSettings
from config.notices import ATarget, HookSettings, NotificationSettings, Told, WebhookSettings
from config.places import InboxPlace, OutboxPlace
from config.queue import QueueSettings
from config.redis import Redis
from config.routes import Approval, RouteSettings
from config.sections import (
    PRACTICE_CLIENT,
    AuditSettings,
    Desk,
    Eparaksts,
    Folders,
    House,
    InboxSettings,
    Log,
    Observed,
    OutboxSettings,
    TrustSettings,
    is_loopback,
)
from config.storage import StorageSettings
from jobs.model.documents import Route, SealFormat
from jobs.model.duplicates import Duplicates
from jobs.model.names import ARoute, RouteName

SECRETS_PREFIX = "zimogs_"


class SecretFiles(NestedSecretsSettingsSource):
    """The files of the secrets folder that are ours; what else lies there is neither ours to read nor in our way."""

    def validate_secrets_path(self, path: Path) -> None:
        """Take the folder as it is: a missing one holds no secrets, and large ones are somebody else's."""

    @classmethod
    def load_secrets(cls, path: Path) -> dict[str, str]:
        """Read each, also through a link, by which `/etc/zimogs` and Kubernetes keep them; not what we may not read.

        Raises ValueError for what is no text.
        """
        secrets = {}
        for file in sorted(path.glob(f"{SECRETS_PREFIX}*")):
            # Another user's, perhaps, on a machine where zimogs is installed; the doctor tells.
            with suppress(OSError):
                secrets[file.name] = file.read_text(encoding="utf-8").strip()
        return secrets


class Settings(BaseSettings):
    """Everything that can be set. `config.reading` makes one from its sources."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="ZIMOGS_",
        env_nested_delimiter="__",
        secrets_prefix=SECRETS_PREFIX,
        secrets_nested_delimiter="__",
    )

    folders: Folders = Folders()
    storage: StorageSettings = StorageSettings()
    eparaksts: Eparaksts
    desk: Desk = Desk()
    house: House = House()
    api: ApiSettings = ApiSettings()
    redis: Redis = Redis()
    inbox: InboxSettings = InboxSettings()
    outbox: OutboxSettings = OutboxSettings()
    trust: TrustSettings
    approval: Approval = Approval()
    observed: Observed = Observed()
    log: Log = Log()
    audit: AuditSettings = AuditSettings()
    archive: ArchiveSettings = ArchiveSettings()
    retention: RetentionSettings = RetentionSettings()
    notifications: dict[ATarget, NotificationSettings] = Field(default_factory=dict)
    webhooks: dict[ATarget, WebhookSettings] = Field(default_factory=dict)
    hooks: dict[ATarget, HookSettings] = Field(default_factory=dict)
    queue: QueueSettings = QueueSettings()
    inboxes: dict[ATarget, InboxPlace] = Field(default_factory=dict)
    outboxes: dict[ATarget, OutboxPlace] = Field(default_factory=dict)
    routes: dict[ARoute, RouteSettings] = Field(min_length=1)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is pydantic-settings' own
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic-settings' own
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Rank the sources, strongest first: secret files, environment, then the TOML file's content."""
        return SecretFiles(file_secret_settings), env_settings, init_settings

    @model_validator(mode="after")
    def _nothing_lies_in_the_inbox(self) -> Self:
        inbox = self.folders.inbox
        for name in ("outbox", "quarantine", "data"):
            folder = getattr(self.folders, name)
            if folder.is_relative_to(inbox) or inbox.is_relative_to(folder):
                raise ValueError(f"folders.{name} ({folder}) and folders.inbox ({inbox}) must not contain each other")
        return self

    @model_validator(mode="after")
    def _checkpoints_can_be_sealed(self) -> Self:
        name = self.audit.checkpoint_route
        if name is not None and name not in self.routes:
            raise ValueError(f"audit.checkpoint_route names {name!r}, and there is no such route")
        if name is not None and self.routes[name].format is not SealFormat.EDOC:
            raise ValueError(
                f'audit.checkpoint_route names {name!r}, which needs format = "edoc": a checkpoint is no PDF'
            )
        return self

    @model_validator(mode="after")
    def _people_are_told_of_routes_that_exist(self) -> Self:
        told: dict[str, Told] = {"queue": self.queue}
        for table, named in (("notifications", self.notifications), ("webhooks", self.webhooks), ("hooks", self.hooks)):
            told |= {f"{table}.{name}": each for name, each in named.items()}
        for where, each in told.items():
            if unknown := each.routes - self.routes.keys():
                raise ValueError(f"{where}.routes names {min(unknown)!r}, and there is no such route")
        return self

    @model_validator(mode="after")
    def _places_are_of_routes_that_exist(self) -> Self:
        for table, places in (("inboxes", self.inboxes), ("outboxes", self.outboxes)):
            for name, place in places.items():
                if place.route is not None and place.route not in self.routes:
                    raise ValueError(f"{table}.{name}.route names {place.route!r}, and there is no such route")
        for name, outbox in self.outboxes.items():
            for route in [outbox.route] if outbox.route is not None else self.routes:
                if self.routes[route].duplicates is Duplicates.RETURN_EARLIER:
                    raise ValueError(
                        f"outboxes.{name} would miss what routes.{route} returns once more: set another value "
                        'than duplicates = "return-earlier"'
                    )
        return self

    @model_validator(mode="after")
    def _places_lie_apart(self) -> Self:
        for name, inbox in self.inboxes.items():
            for table, places in (("inboxes", self.inboxes), ("outboxes", self.outboxes)):
                for other, place in places.items():
                    if place is not inbox and place.folders(self.routes) & inbox.folders(self.routes):
                        raise ValueError(
                            f"inboxes.{name} and {table}.{other} are one folder: its files would be sealed twice. Give "
                            "each a folder of its own"
                        )
        return self

    @model_validator(mode="after")
    def _copies_lie_apart(self) -> Self:
        copies = self.audit.copy_to
        for name, folder in self.folders:
            if copies is not None and (copies.is_relative_to(folder) or folder.is_relative_to(copies)):
                raise ValueError(f"audit.copy_to ({copies}) and folders.{name} ({folder}) must not contain each other")
        return self

    @model_validator(mode="after")
    def _nothing_of_practice_is_taken_in_earnest(self) -> Self:
        vendor = self.eparaksts
        urls = {
            "eparaksts.platform_url": vendor.platform_url,
            "eparaksts.signapi_url": vendor.signapi_url,
            "desk.public_url": self.desk.public_url,
        }
        plain = [f"{key} is http://" for key, url in urls.items() if url.startswith("http:") and not is_loopback(url)]
        if not vendor.may_practise and vendor.client_id == PRACTICE_CLIENT:
            plain.append("eparaksts.client_id is the practice vendor's")
        if plain and not vendor.insecure_practice:
            raise ValueError(
                f"{', '.join(plain)}, and not on this machine: secrets could be read on the way, or seals forged. "
                "Correct it; only for a rehearsal set eparaksts.insecure_practice = true"
            )
        return self

    @property
    def routes_by_name(self) -> dict[RouteName, Route]:
        """The routes by name."""
        calendar = self.approval.calendar(self.house.working_zone)
        return {name: route.route(name, calendar) for name, route in self.routes.items()}

    @property
    def _placed(self) -> Folders:
        """The folders, with the data folder that the storage's address names."""
        folder = self.storage.folder
        return self.folders if folder is None else self.folders.model_copy(update={"data": folder})

    def below(self, base: Path) -> "Settings":
        """The same settings with every relative path counted from `base`."""
        anchors = tuple((base / path).resolve() for path in self.trust.anchors)
        absolute = {
            "folders": self._placed.below(base),
            "audit": self.audit.below(base),
            "queue": self.queue.below(base),
            "inboxes": {name: place.below(base) for name, place in self.inboxes.items()},
            "outboxes": {name: place.below(base) for name, place in self.outboxes.items()},
        }
        return self.model_copy(update=absolute | {"trust": TrustSettings(anchors=anchors)})
