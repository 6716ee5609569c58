"""Who may change a tenant's keys, and what is asked of them."""

from __future__ import annotations

import base64
import binascii
import re

from django.utils.translation import gettext as _

from foundation import access, tenancy
from foundation.access import Permission
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor
from foundation.storage import key_stores
from foundation.storage.models import BroughtKey

_VAULT_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,118}[A-Za-z0-9])?")


def check_can_see_keys(actor: Actor) -> None:
    access.require(
        actor, Permission.TENANT_MANAGE, else_say=_("Only an administrator of the organisation sees its keys.")
    )


def check_can_change_keys(actor: Actor) -> None:
    """A sensitive act: whoever does it in a session has proved lately who they are."""
    access.require(
        actor, Permission.TENANT_MANAGE, else_say=_("Only an administrator of the organisation may change its keys.")
    )
    access.require_own(actor)
    access.require_fresh(actor)


def check_has_keys(actor: Actor) -> None:
    tenancy.require_keys(actor.tenant)


def check_name_typed(actor: Actor, typed: str) -> None:
    if typed.strip() != actor.tenant.slug:
        sentence = _("Type the organisation's short name, %(name)s, to confirm.") % {"name": actor.tenant.slug}
        raise Invalid(sentence, fields={"confirmation": [sentence]})


def check_own_key(own: BroughtKey | None) -> BroughtKey:
    if own is None:
        raise Conflict(_("The organisation has brought no key of its own."))
    return own


def checked_secret(text: str) -> bytes:
    """32 bytes out of base64, as `openssl rand -base64 32` makes them."""
    try:
        secret = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != 32 or len(set(secret)) < 8:
        sentence = _("A key is 32 random bytes in base64; make one with: openssl rand -base64 32")
        raise Invalid(sentence, fields={"secret": [sentence]})
    return secret


def checked_vault_key(actor: Actor, name: str) -> str:
    """A name in Vault that only this tenant can mean: `short-name.` is its beginning, and no short name has a dot."""
    if not key_stores.is_configured(key_stores.VAULT):
        sentence = _("This portal knows no Vault; its operator sets SANAD_VAULT_ADDR. Upload the key instead.")
        raise Invalid(sentence, fields={"vault_key": [sentence]})
    beginning = f"{actor.tenant.slug}."
    if not _VAULT_NAME.fullmatch(name) or not name.startswith(beginning):
        sentence = _("The key's name in Vault begins with “%(beginning)s” and has letters, digits, . _ and -.")
        said = sentence % {"beginning": beginning}
        raise Invalid(said, fields={"vault_key": [said]})
    return name
