"""Deployments of a tenant that is deleted: every replica ends, and nobody is led there any more."""

from __future__ import annotations

import shutil

from apps.deployments.models import Revision
from apps.deployments.services.replicas import model_folder
from apps.deployments.services.routing import routes_changed
from foundation import engines
from foundation.tenancy import scope
from foundation.tenancy.models import Tenant


def end_replicas(tenant: Tenant) -> None:
    """Stop and remove each; one that is gone already is no trouble."""
    with scope(tenant.pk):
        revisions = list(Revision.objects.filter(tenant=tenant))
        routes_changed()
    for revision in revisions:
        if revision.engine_name:
            engines.current().stop(revision.engine_name)
            engines.current().remove(revision.engine_name)
        if (folder := model_folder(revision)).exists():
            shutil.rmtree(folder)
