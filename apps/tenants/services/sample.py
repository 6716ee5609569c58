"""The sample tenant's people, with random sign-ins that are kept in one file only their operator can read."""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.tenants.choices import EVERYTHING
from apps.tenants.services.members import enrol
from apps.tenants.services.tenants import create_tenant
from apps.tenants.services.tokens import create_token
from foundation.access import Role
from foundation.access.actors import actor_for_user
from foundation.access.models import Membership
from foundation.errors import NotFound
from foundation.identity import Actor, tokens
from foundation.identity.models import User
from foundation.tenancy import find_tenant, scope
from foundation.tenancy.models import Tenant

SLUG = "demo"
PEOPLE = (
    (Role.SCIENTIST, "scientist@demo.local", "Data scientist"),
    (Role.OFFICER, "officer@demo.local", "Compliance officer"),
    (Role.ADMIN, "admin@demo.local", "Administrator"),
)
_TOKEN_LIVES = timedelta(days=365)


def ensure_sample_people(*, now: datetime) -> tuple[Tenant, dict[Role, User]]:
    """The tenant `demo` with its three people; who has no working entry in credentials.json gets a new one."""
    tenant = _tenant()
    kept = {entry["email"]: entry for entry in _read().get("people", [])}
    people: dict[Role, User] = {}
    for role, email, name in PEOPLE:
        with scope(tenant.pk):
            people[role] = _person(tenant, role, email, name)
            if not _works(kept.get(email), people[role], now):
                kept[email] = _new_entry(tenant, people[role], role, now)
    entries = [kept[email] for _role, email, _name in PEOPLE]
    _write({"url": settings.SANAD_PUBLIC_URL, "tenant": tenant.slug, "people": entries})
    return tenant, people


def credentials_path() -> Path:
    return Path(settings.SANAD_HOME) / "credentials.json"


def _tenant() -> Tenant:
    try:
        return find_tenant(SLUG)
    except NotFound:
        return create_tenant(slug=SLUG, name="Demo", name_ar="تجريبي")


def _person(tenant: Tenant, role: Role, email: str, name: str) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User(email=email, name=name)
        user.set_unusable_password()
        user.save(force_insert=True)
    if not Membership.objects.filter(tenant=tenant, user=user).exists():
        enrol(actor=Actor.system(tenant, "sample"), membership=Membership(tenant=tenant, user=user, role=role))
    return user


def _works(entry: dict[str, Any] | None, user: User, now: datetime) -> bool:
    if entry is None or not user.check_password(entry.get("password", "")):
        return False
    return tokens.find_token(entry.get("token", ""), now=now) is not None


def _new_entry(tenant: Tenant, user: User, role: Role, now: datetime) -> dict[str, Any]:
    password = secrets.token_urlsafe(12)
    user.set_password(password)
    user.save(update_fields=["password"])
    _row, token = create_token(
        actor=actor_for_user(user=user, tenant=tenant),
        name="sample",
        scopes=[EVERYTHING],
        expires_at=now + _TOKEN_LIVES,
        now=now,
    )
    return {"email": user.email, "role": role.value, "password": password, "token": token}


def _read() -> dict[str, Any]:
    path = credentials_path()
    return json.loads(path.read_text()) if path.exists() else {}


def _write(content: dict[str, Any]) -> None:
    """Readable for its owner alone from the first byte on; half a file is never seen."""
    path = credentials_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
    draft.replace(path)
