"""Every service that opens something to somebody asks an old session who sits there: walked, not remembered."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest

from apps.tenants import services
from apps.tenants.choices import HolderKind
from foundation.access.freshness import StepUpRequired
from foundation.access.models import Membership
from foundation.clock import now
from foundation.identity.models import User

ROOT = Path(__file__).resolve().parents[3]
FOLDERS = [
    ROOT / "apps" / "projects" / "services",
    ROOT / "apps" / "connections" / "services",
    ROOT / "apps" / "tenants" / "services",
    ROOT / "platform" / "foundation" / "storage" / "keys",
]
POLICIES = [
    ROOT / "apps" / "connections" / "policies.py",
    *(ROOT / "apps" / "tenants" / "policies").glob("*.py"),
    ROOT / "platform/foundation/storage/keys/policies.py",
]

# By module: what may be done by a session with a fresh proof alone.
SENSITIVE = {
    "apps.projects.services.leaving": {"ask_to_delete"},
    "apps.tenants.services.bin": {"delete_for_ever", "restore"},
    "apps.connections.services.connections": {"create_connection", "delete_connection", "edit_connection"},
    "apps.tenants.services.single_sign_on.email_domains": {"claim_domain", "prove_domain", "release_domain"},
    "apps.tenants.services.exporting": {"ask_for_export", "fetch_export"},
    "apps.tenants.services.groups": {"add_to_group", "create_group", "delete_group", "edit_group", "take_from_group"},
    "apps.tenants.services.single_sign_on.identity_providers": {
        "add_openid_provider",
        "add_saml_provider",
        "complete_openid_provider",
        "complete_saml_provider",
        "disable_provider",
        "draft_provider",
        "edit_provider",
        "enable_provider",
        "refresh_provider",
        "remove_provider",
    },
    "apps.tenants.services.invitations": {"invite"},
    "apps.tenants.services.leaving": {"ask_to_leave", "cut_the_wait"},
    "apps.tenants.services.members": {"change_role", "remove_member"},
    "apps.tenants.services.project_roles": {"give_role_in_project"},
    "apps.tenants.services.restoring": {"restore_group", "restore_provider", "restore_webhook"},
    "apps.tenants.services.provisioning.tokens": {"create_scim_token"},
    "apps.tenants.services.service_accounts": {"change_role_of_service_account", "create_service_account"},
    "apps.tenants.services.sign_in_rules": {"set_second_factor_rule"},
    "apps.tenants.services.support": {"give_support", "grant_support"},
    "apps.tenants.services.suspension": {"restore_member", "suspend_member"},
    "apps.tenants.services.tokens": {"make_token"},
    "apps.tenants.services.ways_back": {"make_password_link", "take_factors_of_member", "unlock_member"},
    "apps.tenants.services.webhooks.changing": {
        "create_webhook",
        "delete_webhook",
        "edit_webhook",
        "roll_webhook_secret",
    },
    "foundation.storage.keys.bringing": {"bring_key", "release_key", "withdraw_key"},
    "foundation.storage.keys.resealing": {"ask_for_resealing"},
    "foundation.storage.keys.rewrapping": {"ask_for_rewrap"},
    "foundation.storage.keys.rotating": {"rotate_key"},
}
# Whoever writes one of these on the ledger has opened something to somebody.
OPENS = {
    "ConnectionChanged",
    "ConnectionCreated",
    "FactorsTaken",
    "GroupJoined",
    "GroupRestored",
    "IdentityProviderRestored",
    "MemberInvited",
    "MemberRestored",
    "PasswordLinkMade",
    "ProjectRoleGiven",
    "RoleChanged",
    "ServiceAccountCreated",
    "ServiceAccountEnabled",
    "ServiceAccountRoleChanged",
    "SignInUnlocked",
    "SupportGranted",
    "TokenCreated",
    "WebhookCreated",
    "WebhookRestored",
    "record_created",
}
EXEMPT = {
    "enable_service_account": "its tokens of before stay void, and a new one asks",
    "issue_workload_token": "of a run or a replica, which ends with its work",
    "record_created": "the entry alone; those who call it are walked",
}


def called(node):
    return {getattr(c.func, "attr", getattr(c.func, "id", "")) for c in ast.walk(node) if isinstance(c, ast.Call)}


def functions(path):
    return {node.name: node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def with_helpers(known, words):
    """Names of a module's functions that call one of the words, by themselves or by its private helpers."""
    found = {name for name, node in known.items() if called(node) & words}
    while more := {name for name, node in known.items() if called(node) & {n for n in found if n[0] == "_"}} - found:
        found |= more
    return found


def modules():
    for path in sorted(path for folder in FOLDERS for path in folder.rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removeprefix("platform."), functions(path)


def public(known, names):
    return {name for name in names if name[0] != "_" and not name.startswith("check_") and _by_an_actor(known[name])}


def _by_an_actor(node):
    return any(argument.arg == "actor" for argument in node.args.kwonlyargs)


def test_the_table_names_exactly_those_that_ask():
    words = {"require_fresh"}.union(*(with_helpers(functions(path), {"require_fresh"}) for path in POLICIES))
    found = {module: public(known, with_helpers(known, words)) for module, known in modules()}
    assert {module: names for module, names in found.items() if names} == SENSITIVE


def test_whoever_opens_something_is_in_the_table():
    for module, known in modules():
        opening = public(known, with_helpers(known, OPENS)) - EXEMPT.keys()
        # Where somebody calls a service of the table, that one asks.
        assert opening <= SENSITIVE.get(module, set()), f"{module}: require_fresh, or say in EXEMPT why not."


@pytest.fixture
def given(admin, viewer, scientist, project):
    """What the services take beside the actor, by the names of their arguments."""
    place = Membership.objects.get(user=viewer.user)
    account = services.create_service_account(actor=admin, name="nightly", role="viewer")
    return {
        "account": account,
        "binned": services.delete_group(actor=admin, group=services.create_group(actor=admin, name="Gone")),
        "confirmation": "acme",
        "connection": SimpleNamespace(pk=uuid4(), project_id=None),
        "email": "new@house.test",
        "expires_at": None,
        "grant": SimpleNamespace(pk=uuid4()),
        "group": services.create_group(actor=admin, name="Leads"),
        "hours": 1,
        "holder": services.Holder(HolderKind.USER, viewer.user.pk),
        "membership": place,
        "name": "new",
        "now": now(),
        "project_id": project.pk,
        "role": "admin",
        "scopes": ["project.view"],
        "user_id": scientist.user.pk,
    }


# Those that read a row before they can know what is asked of them.
AFTER_THE_ROW = {"grant_support", "give_support"}
WALKED = [(module, name) for module, names in sorted(SENSITIVE.items()) for name in sorted(names - AFTER_THE_ROW)]


@pytest.mark.parametrize(("module", "name"), WALKED, ids=[name for _module, name in WALKED])
def test_an_old_session_is_asked_before_anything_happens(admin, given, module, name):
    service = getattr(import_module(module), name)
    wanted = [each.name for each in inspect.signature(service).parameters.values() if each.default is each.empty]
    with pytest.raises(StepUpRequired):
        service(actor=replace(admin, stale=True), **{word: given.get(word) for word in wanted if word != "actor"})


@pytest.mark.parametrize("asked", [True, False], ids=["asked for", "unasked"])
def test_an_old_session_lets_no_operator_in(admin, asked):
    operator = User.objects.create_user("op@platform.test", name="The operator", is_operator=True)
    words = {"level": "viewer", "reason": "A run hangs", "hours": 1}
    with pytest.raises(StepUpRequired):
        if asked:
            grant = services.ask_support(operator=operator, tenant_id=admin.tenant_id, **words)
            services.grant_support(actor=replace(admin, stale=True), grant=grant)
        else:
            services.give_support(actor=replace(admin, stale=True), operator=operator, **words)


def test_a_program_and_the_portal_itself_are_asked_nothing(admin, given):
    by_token = replace(admin, token_id=uuid4())
    assert services.add_to_group(actor=by_token, group=given["group"], user_id=given["user_id"])
