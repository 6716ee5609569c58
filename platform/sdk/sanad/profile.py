"""Where the command line finds the portal: arguments, SANAD_URL, SANAD_TOKEN, SANAD_PROJECT, a profile file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Profile:
    url: str = ""
    token: str = ""
    project: str = ""


def path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "sanad" / "profile.json"


def load() -> Profile:
    """The profile, each value replaced by its environment variable where that is set."""
    kept = _kept()
    return Profile(
        url=os.environ.get("SANAD_URL") or kept.get("url", ""),
        token=os.environ.get("SANAD_TOKEN") or kept.get("token", ""),
        project=os.environ.get("SANAD_PROJECT") or kept.get("project", ""),
    )


def _kept() -> dict[str, str]:
    if not path().exists():
        return {}
    try:
        kept = json.loads(path().read_text())
    except ValueError as error:
        raise ValueError(f"The profile {path()} is damaged ({error}); remove it and run sanad login again.") from error
    return kept if isinstance(kept, dict) else {}


def save(profile: Profile) -> Path:
    """Keep the profile where only its owner reads it."""
    place = path()
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        # Before a word is written: the file may have been there, open to others.
        os.fchmod(descriptor, 0o600)
        json.dump(asdict(profile), file)
    return place
