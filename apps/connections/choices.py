"""What a connection can lead to, and what each kind has to be told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class ConnectionKind(models.TextChoices):
    POSTGRESQL = "postgresql", _("PostgreSQL")
    MYSQL = "mysql", _("MySQL or MariaDB")
    S3 = "s3", _("S3-compatible object store")
    HTTP = "http", _("Files over HTTP")
    VALKEY = "valkey", _("Valkey or Redis Streams")
    KAFKA = "kafka", _("Kafka")


class Tls(models.TextChoices):
    VERIFY = "verify", _("Required, and the server's certificate is checked")
    REQUIRE = "require", _("Required, the certificate is not checked")
    OFF = "off", _("None: whatever is sent can be read on the way")


class S3SignIn(models.TextChoices):
    KEYS = "keys", _("An access key and its secret key")
    ANONYMOUS = "anonymous", _("Nothing: it is open to everybody")
    MACHINE = "machine", _("This machine's own role, where the operator lends it")


class WebSignIn(models.TextChoices):
    NONE = "none", _("Nothing: it is open to everybody")
    BASIC = "basic", _("A user and a password")
    BEARER = "bearer", _("A bearer token")
    HEADER = "header", _("A header of its own")


class KafkaSignIn(models.TextChoices):
    NONE = "none", _("Nothing: it is open to everybody")
    PLAIN = "plain", _("A user and a password (PLAIN)")
    SCRAM_256 = "scram-256", _("A user and a password (SCRAM-SHA-256)")
    SCRAM_512 = "scram-512", _("A user and a password (SCRAM-SHA-512)")


class ThingKind(models.TextChoices):
    """What can lie behind a connection; the port names them so too."""

    TABLE = "table", _("Table")
    VIEW = "view", _("View")
    FOLDER = "folder", _("Folder")
    FILE = "file", _("File")
    TOPIC = "topic", _("Topic")


class Standing(models.TextChoices):
    """What its last test said."""

    UNTRIED = "untried", _("Not tested")
    WELL = "well", _("Answers")
    BROKEN = "broken", _("Does not answer")


@dataclass(frozen=True)
class Setting:
    """One thing that a connection is told.

    A `secret` is sealed and never shown again. Where something that is `aimed` changes, secrets would be sent elsewhere
    or in another way than whoever gave them meant, so they have to be given again.
    """

    name: str
    label: str | Promise
    help: str | Promise = ""
    kind: Literal["text", "number", "choice", "flag", "lines", "folder"] = "text"
    required: bool = False
    secret: bool = False
    aimed: bool = False
    initial: Any = None
    choices: tuple[tuple[str, str | Promise], ...] = field(default=())
    placeholder: str = ""
    most: int = 500
    # Where the way of signing in decides whether it is needed: by which.
    ways: tuple[str, ...] = ()


_OWN_NAME = ("keys", "machine")
_BY_PASSWORD = ("plain", "scram-256", "scram-512")


def _server(port: int) -> tuple[Setting, ...]:
    return (
        Setting("host", _("Host"), required=True, aimed=True, placeholder="db.example.com", most=253),
        Setting("port", _("Port"), kind="number", required=True, aimed=True, initial=port),
        Setting("database", _("Database"), required=True, most=128),
        Setting("user", _("User"), _("One that may read alone: nothing is ever written there."), required=True),
        Setting("password", _("Password"), secret=True, most=1000),
        Setting(
            "tls",
            _("Encryption in transit (TLS)"),
            kind="choice",
            aimed=True,
            initial=Tls.VERIFY,
            choices=Tls.choices,  # type: ignore[arg-type]
        ),
        Setting(
            "authority",
            _("Certificate authority"),
            _("In PEM, where the server's certificate is signed by one of your own."),
            kind="lines",
            aimed=True,
            most=20_000,
        ),
    )


def _signs_in(ways: type[models.TextChoices], initial: str) -> Setting:
    choices = tuple((str(value), label) for value, label in ways.choices)
    return Setting("sign_in", _("Signs in with"), kind="choice", aimed=True, initial=initial, choices=choices)


SETTINGS: dict[ConnectionKind, tuple[Setting, ...]] = {
    ConnectionKind.POSTGRESQL: _server(5432),
    ConnectionKind.MYSQL: _server(3306),
    ConnectionKind.S3: (
        Setting(
            "endpoint",
            _("Endpoint"),
            _("Empty for Amazon's own. With http:// whatever is sent can be read on the way."),
            aimed=True,
            placeholder="https://minio.example.com:9000",
            most=2000,
        ),
        Setting("region", _("Region"), aimed=True, initial="us-east-1", most=60),
        Setting("bucket", _("Bucket"), required=True, aimed=True, most=255),
        Setting("prefix", _("Folder"), _("All that is read lies below it."), kind="folder", most=1000),
        Setting("path_style", _("The bucket stands in the path, not in the host's name"), kind="flag"),
        _signs_in(S3SignIn, S3SignIn.KEYS),
        Setting("access_key", _("Access key"), secret=True, most=200, ways=("keys",)),
        Setting("secret_key", _("Secret key"), secret=True, most=1000, ways=("keys",)),
        Setting("role", _("Role"), _("The ARN of a role that is assumed then."), aimed=True, most=2000, ways=_OWN_NAME),
        Setting(
            "external_id", _("External id"), _("Where the role asks for one."), aimed=True, most=1224, ways=_OWN_NAME
        ),
    ),
    ConnectionKind.HTTP: (
        Setting(
            "urls",
            _("Addresses"),
            _("One in a line. One that ends in a slash opens all below it."),
            kind="lines",
            required=True,
            aimed=True,
            placeholder="https://data.example.com/exports/",
            most=20_000,
        ),
        _signs_in(WebSignIn, WebSignIn.NONE),
        Setting("user", _("User"), most=200, ways=("basic",)),
        Setting("password", _("Password"), secret=True, most=1000, ways=("basic",)),
        Setting("token", _("Bearer token"), secret=True, most=4000, ways=("bearer",)),
        Setting("header", _("Name of the header"), placeholder="X-Api-Key", aimed=True, most=64, ways=("header",)),
        Setting("value", _("Its value"), secret=True, most=4000, ways=("header",)),
    ),
}

SETTINGS |= {
    ConnectionKind.VALKEY: (
        Setting("host", _("Host"), required=True, aimed=True, placeholder="valkey.example.com", most=253),
        Setting("port", _("Port"), kind="number", required=True, aimed=True, initial=6379),
        Setting("database", _("Number of the database"), initial="0", most=4),
        Setting("user", _("User"), _("Empty where the server knows a password alone."), most=200),
        *(one for one in _server(6379) if one.name in {"password", "tls", "authority"}),
    ),
    ConnectionKind.KAFKA: (
        Setting(
            "servers",
            _("Servers"),
            _("One in a line, as host:port. The others of the cluster are found through them."),
            kind="lines",
            required=True,
            aimed=True,
            placeholder="kafka.example.com:9093",
            most=4000,
        ),
        _signs_in(KafkaSignIn, KafkaSignIn.SCRAM_512),
        Setting("user", _("User"), most=200, ways=_BY_PASSWORD),
        Setting("password", _("Password"), secret=True, most=1000, ways=_BY_PASSWORD),
        *(one for one in _server(9093) if one.name in {"tls", "authority"}),
    ),
}

MOST_CONNECTIONS = 200
MOST_AT_ONCE = 16
