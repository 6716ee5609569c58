"""The environment, read once and typed. Every secret can also come from a file: NAME_FILE."""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import getproxies_environment

ROOT = Path(__file__).resolve().parents[3]


def text(name: str, default: str = "") -> str:
    """NAME, or what the file at NAME_FILE holds."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text().strip()
    return os.environ.get(name, default)


def word(name: str, default: str = "") -> str:
    """NAME as it stands: for settings that hold no secret, beside which NAME_FILE would mean something else."""
    return os.environ.get(name, default)


def flag(name: str, *, default: bool = False) -> bool:
    found = text(name)
    return default if not found else found.lower() in {"1", "true", "yes", "on"}


def number(name: str, default: int) -> int:
    found = text(name)
    return int(found) if found else default


def words(name: str, default: list[str]) -> list[str]:
    found = text(name)
    return [word.strip() for word in found.split(",") if word.strip()] if found else default


def amounts(name: str, default: str) -> dict[str, Decimal]:
    """Amounts of money by word, like small=0.40,gpu=9.50; a word that is left out keeps its default."""
    found: dict[str, Decimal] = {}
    for pair in f"{default},{text(name)}".split(","):
        word, _sign, said = (part.strip() for part in pair.partition("="))
        try:
            amount = Decimal(said) if pair.strip() else Decimal(0)
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite() or amount < 0:
            raise ValueError(f"{name}: {pair!r} is no amount. Write amounts like small=0.40, with commas between them.")
        if pair.strip():
            found[word] = amount
    return found


def those_set(*names: str) -> dict[str, str]:
    """What of these the environment says, for a program that is started with nothing else."""
    return {name: os.environ[name] for name in names if name in os.environ}


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Addresses and networks in CIDR form, with commas; ValueError names the one that is none."""
    try:
        return [ip_network(word) for word in words(name, [])]
    except ValueError as error:
        raise ValueError(f"{name}: {error}. Write networks like 10.20.0.0/16, with commas between them.") from None


def proxies(name: str) -> dict[str, str]:
    """By scheme, those that the system's own variables name (HTTPS_PROXY, NO_PROXY …); none unless `name` is 1."""
    return getproxies_environment() if flag(name) else {}


def home() -> Path:
    """The folder of the portal's state."""
    return Path(text("SANAD_HOME") or ROOT / ".sanad").resolve()


def database(url: str) -> dict[str, object]:
    """Django's dictionary for a PostgreSQL URL; `?host=/folder` names a Unix socket."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    host = query.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or query.pop("port", "")),
        "OPTIONS": dict(query),
    }


def mail(url: str) -> dict[str, object]:
    """Django's settings of a mail server: smtp://user:password@host:587/?from=portal@example.com, or smtps:// for TLS.

    Plain smtp:// goes over to TLS before it says anything; ?tls=no is for a server on the same machine.
    """
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or "from" not in query:
        raise ValueError("EMAIL_URL reads like smtp://user:password@host:587/?from=portal@example.com (or smtps://).")
    direct = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if direct else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": direct,
        "EMAIL_USE_TLS": not direct and query.get("tls") != "no",
        "EMAIL_TIMEOUT": 30,
        "DEFAULT_FROM_EMAIL": query["from"],
    }


def present(*names: str) -> list[str]:
    """The packages among `names` that have an AppConfig: a room is listed here before it is furnished."""
    return [name for name in names if _folder(name).joinpath("apps.py").exists()]


def _folder(name: str) -> Path:
    root = ROOT / "platform" if name.startswith("foundation.") else ROOT
    return root.joinpath(*name.split("."))
