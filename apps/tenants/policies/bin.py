"""Who may restore what was deleted, and delete it for ever: whoever may make a thing of that kind."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from apps.tenants.choices import OF_DATA, BinKind
from apps.tenants.models import BinnedThing
from apps.tenants.policies.people import check_can_manage_members
from apps.tenants.policies.sign_in import check_can_manage_sign_in
from apps.tenants.policies.webhooks import check_can_manage_webhooks
from apps.tenants.selectors import BIN_PERMISSION
from foundation import access
from foundation.access import Inside, Permission
from foundation.errors import Invalid
from foundation.identity import Actor

_MAKES: dict[BinKind, Callable[[Actor], None]] = {
    BinKind.GROUP: check_can_manage_members,
    BinKind.WEBHOOK: check_can_manage_webhooks,
    BinKind.IDENTITY_PROVIDER: check_can_manage_sign_in,
}


def check_can_use_bin(actor: Actor, binned: BinnedThing) -> None:
    kind = BinKind(binned.kind)
    if kind not in OF_DATA:
        return _MAKES[kind](actor)
    if binned.project_id is None:
        access.require(actor, Permission.TENANT_MANAGE)
    access.require(actor, BIN_PERMISSION[kind], Inside(binned.project_id))
    return None


def needs_fresh_proof(binned: BinnedThing) -> bool:
    """Whether bringing it back opens what a session alone does not: rights, secrets, what is told to whom."""
    return binned.kind not in OF_DATA or binned.kind == BinKind.CONNECTION


def check_binned_name_typed(binned: BinnedThing, typed: str) -> None:
    if typed.strip() != binned.name.strip():
        sentence = _("Type %(name)s to confirm.") % {"name": binned.name}
        raise Invalid(sentence, fields={"confirmation": [sentence]})
