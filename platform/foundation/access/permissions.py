"""Roles and permissions. Each app has its block; a role is a set of permissions, nothing more."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    ADMIN = "admin", _("Administrator")
    SCIENTIST = "scientist", _("Data scientist")
    OFFICER = "officer", _("Compliance officer")
    AUDITOR = "auditor", _("Auditor")
    VIEWER = "viewer", _("Viewer")
    MEMBER = "member", _("Member of chosen projects")


class Permission(TextChoices):
    # tenants
    TENANT_VIEW = "tenant.view", _("see the tenant")
    TENANT_MANAGE = "tenant.manage", _("configure the tenant")
    MEMBER_MANAGE = "member.manage", _("manage members and roles")
    TOKEN_CREATE = "token.create", _("create access tokens")
    USAGE_VIEW = "usage.view", _("see usage, cost, quotas and budgets")
    # projects
    PROJECT_VIEW = "project.view", _("see projects")
    PROJECT_CREATE = "project.create", _("create projects")
    PROJECT_EDIT = "project.edit", _("change a project's name and purpose")
    PROJECT_SHARE = "project.share", _("give roles in a project")
    PROJECT_ARCHIVE = "project.archive", _("archive a project and bring it back")
    PROJECT_DELETE = "project.delete", _("delete an archived project for ever")
    # jobs
    JOB_VIEW = "job.view", _("see jobs")
    JOB_CANCEL = "job.cancel", _("cancel jobs of others")
    # approvals
    APPROVAL_VIEW = "approval.view", _("see approval cases")
    APPROVAL_OPEN = "approval.open", _("ask for approval")
    APPROVAL_DECIDE = "approval.decide", _("decide approval cases")
    # connections
    CONNECTION_VIEW = "connection.view", _("see connections")
    CONNECTION_MANAGE = "connection.manage", _("make and change connections")
    # datasets
    DATASET_VIEW = "dataset.view", _("see datasets")
    DATASET_CREATE = "dataset.create", _("add datasets and versions")
    DATASET_DESTROY = "dataset.destroy", _("destroy rows of data, features or a person for good")
    # streams
    STREAM_VIEW = "stream.view", _("see streams")
    STREAM_MANAGE = "stream.manage", _("make, change and pause streams")
    STREAM_PUSH = "stream.push", _("send events to a stream")
    DATASET_HOLD = "dataset.hold", _("place and release legal holds")
    DATASET_CLEAR = "dataset.clear", _("see personal values in clear")
    # features
    FEATURE_VIEW = "feature.view", _("see features and training sets")
    FEATURE_DEFINE = "feature.define", _("define features and training sets")
    # experiments
    RUN_VIEW = "run.view", _("see runs")
    RUN_START = "run.start", _("start and cancel runs")
    RUN_TRACK = "run.track", _("write metrics, parameters and artifacts of runs")
    # registry
    MODEL_VIEW = "model.view", _("see models")
    MODEL_REGISTER = "model.register", _("register model versions")
    MODEL_PROMOTE = "model.promote", _("ask for promotion")
    # deployments
    DEPLOYMENT_VIEW = "deployment.view", _("see deployments")
    DEPLOYMENT_CHANGE = "deployment.change", _("deploy, change the split and roll back")
    DEPLOYMENT_INVOKE = "deployment.invoke", _("ask a deployment for predictions")
    # monitoring
    MONITOR_VIEW = "monitor.view", _("see monitors and alerts")
    MONITOR_CHANGE = "monitor.change", _("configure monitors and acknowledge alerts")
    # compliance
    LEDGER_VIEW = "ledger.view", _("read the ledger")
    LEDGER_EXPORT = "ledger.export", _("verify and export the ledger")
    REPORT_VIEW = "report.view", _("read reports")
    REPORT_CREATE = "report.create", _("make reports")


# Held in the whole tenant or not at all: whoever is limited to one project has none of them, whatever their role.
TENANT_WIDE = frozenset(
    {
        Permission.TENANT_MANAGE,
        Permission.MEMBER_MANAGE,
        Permission.PROJECT_CREATE,
        Permission.PROJECT_DELETE,
        Permission.LEDGER_EXPORT,
    }
)

# What a platform operator never holds in a tenant that lets them in for support, whatever the level: it makes places
# and keys that would outlive the visit, or speaks for the organisation.
NOT_FOR_GUESTS = frozenset(
    {
        Permission.MEMBER_MANAGE,
        Permission.TOKEN_CREATE,
        Permission.PROJECT_SHARE,
        Permission.PROJECT_ARCHIVE,
        Permission.PROJECT_DELETE,
        Permission.APPROVAL_DECIDE,
        Permission.DATASET_DESTROY,
        Permission.DATASET_HOLD,
        Permission.DATASET_CLEAR,
        Permission.CONNECTION_MANAGE,
    }
)

_SEE = frozenset(p for p in Permission if p.value.endswith(".view") and p is not Permission.LEDGER_VIEW)
_BUILD = frozenset(
    {
        Permission.TOKEN_CREATE,
        Permission.PROJECT_CREATE,
        Permission.PROJECT_EDIT,
        Permission.JOB_CANCEL,
        Permission.APPROVAL_OPEN,
        Permission.DATASET_CREATE,
        Permission.STREAM_MANAGE,
        Permission.STREAM_PUSH,
        Permission.DATASET_CLEAR,
        Permission.FEATURE_DEFINE,
        Permission.RUN_START,
        Permission.RUN_TRACK,
        Permission.MODEL_REGISTER,
        Permission.MODEL_PROMOTE,
        Permission.DEPLOYMENT_CHANGE,
        Permission.DEPLOYMENT_INVOKE,
        Permission.MONITOR_CHANGE,
        Permission.REPORT_CREATE,
        Permission.LEDGER_VIEW,
    }
)
_ADMINISTER = frozenset(
    {
        Permission.TENANT_MANAGE,
        Permission.MEMBER_MANAGE,
        Permission.CONNECTION_MANAGE,
        Permission.PROJECT_SHARE,
        Permission.PROJECT_ARCHIVE,
        Permission.PROJECT_DELETE,
        Permission.DATASET_DESTROY,
        Permission.DATASET_HOLD,
    }
)
_OVERSEE = frozenset({Permission.LEDGER_VIEW, Permission.LEDGER_EXPORT, Permission.REPORT_CREATE})

# What goes on in an archived project: reading, also in the form of reports and exports; who reads; what the law asks to
# remove; the way back, and the end. Whatever else is held in a project writes in it, so an archived one refuses it.
IN_ARCHIVE = (
    _SEE
    | _OVERSEE
    | {
        Permission.PROJECT_ARCHIVE,
        Permission.PROJECT_DELETE,
        Permission.PROJECT_SHARE,
        Permission.MEMBER_MANAGE,
        Permission.TOKEN_CREATE,
        Permission.JOB_CANCEL,
        Permission.DATASET_DESTROY,
        Permission.DATASET_HOLD,
        Permission.DATASET_CLEAR,
    }
)
# What outlasts a project is read while it is deleted as afterwards.
AFTER_DELETION = frozenset({Permission.LEDGER_VIEW, Permission.LEDGER_EXPORT, Permission.USAGE_VIEW})

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: _SEE | _BUILD | _OVERSEE | _ADMINISTER,
    Role.SCIENTIST: _SEE | _BUILD,
    Role.OFFICER: _SEE | _OVERSEE | {Permission.APPROVAL_DECIDE, Permission.TOKEN_CREATE, Permission.DATASET_HOLD},
    Role.AUDITOR: _SEE | _OVERSEE,
    Role.VIEWER: _SEE,
    # In the tenant nothing but a place in it: what such people see and do, their roles in projects say.
    Role.MEMBER: frozenset({Permission.TENANT_VIEW, Permission.TOKEN_CREATE}),
}
# What a role brings where it is held in one project.
IN_PROJECT: dict[Role, frozenset[Permission]] = {
    role: held - TENANT_WIDE - {Permission.TENANT_VIEW}
    for role, held in ROLE_PERMISSIONS.items()
    if role != Role.MEMBER
}
