"""Who may make, use and see connections; each raises what the reader is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.connections.choices import MOST_AT_ONCE, MOST_CONNECTIONS, SETTINGS, ConnectionKind, Setting
from foundation import access
from foundation.access import Inside, Permission
from foundation.errors import Conflict, Invalid
from foundation.identity import Actor

if TYPE_CHECKING:
    from apps.connections.models import Connection

# Nobody learns with another's password who else lets it in.
_SECRETS_AGAIN = frozenset({"user"})


def check_can_manage(actor: Actor, project_id: UUID | None) -> None:
    """A connection for all projects is the organisation's, one of a project that project's administrators'."""
    if project_id is None:
        sentence = _("Only a tenant administrator makes connections for all projects.")
        access.require(actor, Permission.TENANT_MANAGE, else_say=sentence)
    sentence = _("Only an administrator, of the organisation or of the project, looks after connections.")
    access.require(actor, Permission.CONNECTION_MANAGE, Inside(project_id), else_say=sentence)


def check_can_use(actor: Actor, connection: Connection, project_id: UUID) -> None:
    """Reading through a connection shows what lies there, so it takes what adding data takes."""
    access.require(actor, Permission.DATASET_CREATE, Inside(project_id))
    if not connection.is_open_to(project_id):
        raise Invalid(_("The connection “%(name)s” belongs to another project.") % {"name": connection})


def may_see_rows(actor: Actor, project_id: UUID) -> bool:
    """Rows of a source are not classified yet: they are shown to whoever sees personal values in clear."""
    return access.can(actor, Permission.DATASET_CLEAR, Inside(project_id))


def check_room(count: int) -> None:
    if count >= MOST_CONNECTIONS:
        sentence = _("There are %(most)d connections already. Delete one that nothing is read through.")
        raise Conflict(sentence % {"most": MOST_CONNECTIONS})


def check_at_once(at_once: int) -> int:
    if not 1 <= at_once <= MOST_AT_ONCE:
        sentence = _("From 1 to %(most)d.") % {"most": MOST_AT_ONCE}
        raise Invalid(_("So many ingestions cannot read at the same time."), fields={"at_once": [sentence]})
    return at_once


def checked_settings(kind: ConnectionKind, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is not secret, each of its kind; what was left empty is left out, or its usual value where it has one."""
    known = {setting.name: setting for setting in SETTINGS[kind] if not setting.secret}
    unknown = _("A connection of this kind has no such setting; it has %(known)s.") % {"known": ", ".join(known)}
    problems = {name: [unknown] for name in given if name not in known}
    found: dict[str, Any] = {}
    for name, setting in known.items():
        value = given.get(name)
        value = value.strip() if isinstance(value, str) else value
        if setting.kind == "folder" and isinstance(value, str) and value.strip("/"):
            value = f"{value.strip('/')}/"
        if value in (None, ""):
            value = setting.initial
        if value in (None, ""):
            if setting.required:
                problems[name] = [_("Fill this in.")]
            continue
        if problem := _problem(setting, value):
            problems[name] = [problem]
        found[name] = value
    _raise(problems)
    return found


def checked_secrets(kind: ConnectionKind, given: Mapping[str, Any], *, held: Mapping[str, str]) -> dict[str, str]:
    """The secrets as they are from now on: those that were given, and the others as they were."""
    known = {setting.name: setting for setting in SETTINGS[kind] if setting.secret}
    unknown = _("A connection of this kind has no such secret.")
    if known:
        unknown = _("A connection of this kind has no such secret; it has %(known)s.") % {"known": ", ".join(known)}
    problems = {name: [unknown] for name in given if name not in known}
    found = {name: value for name, value in held.items() if name in known}
    for name, setting in known.items():
        value = given.get(name) or ""
        if not isinstance(value, str) or len(value) > setting.most or "\0" in value:
            problems[name] = [_("A text of at most %(most)d signs.") % {"most": setting.most}]
        elif value:
            found[name] = value
        elif setting.required and name not in found:
            problems[name] = [_("Fill this in.")]
    _raise(problems)
    return found


def check_secrets_given_again(
    kind: ConnectionKind, changed: frozenset[str], given: Mapping[str, Any], held: Mapping[str, str]
) -> None:
    """Otherwise whoever may change an address could have the password of another server sent there."""
    aimed = {setting.name for setting in SETTINGS[kind] if setting.aimed} | _SECRETS_AGAIN
    if not (changed & aimed):
        return
    missing = sorted(name for name in held if not given.get(name))
    sentence = _("Give it again: it would be sent somewhere else, or in another way, than when it was given.")
    _raise({name: [sentence] for name in missing})


def _problem(setting: Setting, value: Any) -> str:
    if setting.kind == "flag":
        return "" if isinstance(value, bool) else _("Yes or no.")
    if setting.kind == "number":
        whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if whole and 1 <= value <= 65_535 else _("A whole number from 1 to 65,535.")
    if not isinstance(value, str):
        return _("This is a text.")
    if len(value) > setting.most:
        return _("At most %(most)d signs.") % {"most": setting.most}
    if setting.choices and value not in dict(setting.choices):
        return _("Choose one of those offered.")
    if any(ord(sign) < 32 for sign in value) and setting.kind != "lines":
        return _("Leave out signs that cannot be seen.")
    return ""


def _raise(problems: Mapping[str, list[str]]) -> None:
    """A form shows the refusal's sentence at the first field that it names, so it is that field's own."""
    if problems:
        raise Invalid(next(iter(problems.values()))[0], fields=dict(problems))
