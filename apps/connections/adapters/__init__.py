"""One file per kind of source, picked by its short name; each is imported when it is first wanted."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from django.core.exceptions import ImproperlyConfigured

from apps.connections.ports import Broker, Kind, Secrets, Source


def open_source(kind: str, settings: Mapping[str, Any], secrets: Secrets, scratch: Path) -> Source:
    """The source of one connection; Invalid names the settings that are missing or wrong. Nothing is opened yet.

    `scratch` is a folder for files while they are read.
    """
    if kind not in get_args(Kind):
        raise ImproperlyConfigured(f"A connection's kind is one of {get_args(Kind)}, not {kind!r}.")
    found: Source = import_module(f"apps.connections.adapters.{kind}").open_source(settings, secrets, scratch)
    return found


def open_broker(kind: str, settings: Mapping[str, Any], secrets: Secrets) -> Broker:
    """The broker of a connection whose kind has one; Invalid as above."""
    if kind not in {"valkey", "kafka"}:
        raise ImproperlyConfigured(f"Events wait behind valkey and kafka, not {kind!r}.")
    found: Broker = import_module(f"apps.connections.adapters.{kind}").open_broker(settings, secrets)
    return found
