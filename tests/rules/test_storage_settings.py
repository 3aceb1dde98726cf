"""Where everything stands, by address: what may be said, and what is refused before anything is begun."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from config.routes import RouteSettings
from config.sections import Eparaksts, TrustSettings
from config.settings import Settings
from config.storage import StorageSettings
from tests.support.builders import INVOICES

BUCKET = "s3://our-bucket/zimogs/one?region=eu-north-1"


def settings(url: str, **others: Any) -> Settings:
    route = {"seal": "S", "approvers": ["000123-00001"], "duplicates": others.pop("duplicates", "seal")}
    return Settings(
        storage=StorageSettings(url=url),
        eparaksts=Eparaksts(client_id="client", client_secret=SecretStr("secret")),
        trust=TrustSettings(anchors=(Path("root.pem"),)),
        routes={INVOICES: RouteSettings.model_validate(route)},
        **{"api": {"enabled": False}, **others},
    )


def test_without_an_address_everything_stands_in_the_folders() -> None:
    assert not StorageSettings().is_in_bucket
    assert settings("file:///srv/rēķini/data").below(Path("/etc/zimogs")).folders.data == Path("/srv/rēķini/data")


def test_an_address_names_bucket_prefix_region_and_endpoint() -> None:
    storage = StorageSettings(url=BUCKET)
    assert (storage.bucket, storage.prefix, storage.region) == ("our-bucket", "zimogs/one", "eu-north-1")
    assert (storage.endpoint, storage.keys) == ("https://s3.eu-north-1.amazonaws.com", None)
    elsewhere = StorageSettings(
        url="s3://our-bucket?endpoint=https://s3.example.org", access_key_id="id", secret_access_key=SecretStr("secret")
    )
    assert (elsewhere.endpoint, elsewhere.prefix, elsewhere.keys) == ("https://s3.example.org", "", ("id", "secret"))
    assert "secret" not in repr(elsewhere).replace("secret_access_key", "")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("/srv/data", "begins with file://"),
        ("gs://our-bucket", "begins with file://"),
        ("file://server/data", "names a folder of this machine"),
        ("s3://", "names a bucket"),
        ("s3://Our_Bucket", "names a bucket"),
        ("s3://id:secret@our-bucket", "holds no keys"),
        ("s3://our-bucket?zone=eu", "and no zone"),
        ("s3://our-bucket?endpoint=http://s3.example.org", "endpoint must be https://"),
        ("s3://our-bucket?endpoint=https://s3.example.org/path", "and nothing after it"),
    ],
)
def test_an_address_that_nobody_can_use_is_refused_with_what_to_write(url: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        StorageSettings(url=url)


def test_one_key_alone_is_refused() -> None:
    with pytest.raises(ValidationError, match="stand together"):
        StorageSettings(url=BUCKET, access_key_id="id")


def test_everything_else_may_be_set_beside_a_bucket() -> None:
    place, other = {"bank": {"url": "s3://their-bucket/in"}}, {"bank": {"url": "s3://their-bucket/out"}}
    told = {"hooks": {"archive": {"command": ["true"]}}, "queue": {"enabled": True}}
    told |= {"inboxes": place, "outboxes": other, "duplicates": "skip"}
    assert settings(BUCKET, api={}, audit={"copy_to": "/mnt/copies"}, **told).storage.is_in_bucket
