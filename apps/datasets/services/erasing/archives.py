"""Copies of whole tenants: archives that lie ready hold every version, and folders of killed processes clear text."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.datasets.choices import ErasedKind
from apps.datasets.services.erasing.reaching import Reach, Reached, Search
from apps.tenants import services as tenants
from foundation import storage
from foundation.jobs import JobHandle


class ArchiveReach(Reach):
    rank = 70
    kinds = frozenset({ErasedKind.ARCHIVE})

    def look(self, search: Search) -> list[Reached]:
        kept = search.reached and tenants.archives_kept(tenant_id=search.actor.tenant_id)
        return [_of_archives(search)] if kept else []

    def wipe(self, job: JobHandle, search: Search) -> list[Reached]:
        storage.sweep_scratch()
        with job.scope():
            gone = tenants.forget_archives(actor=job.actor)
        return [_of_archives(search, gone)] if gone else []

    def unfinished(self, search: Search) -> list[str]:
        making = search.reached and tenants.is_archive_being_made(tenant_id=search.actor.tenant_id)
        return [_("an archive of the organisation")] if making else []


def _of_archives(search: Search, gone: int = 0) -> Reached:
    said = ngettext("%(count)d archive that lay ready", "%(count)d archives that lay ready", gone) % {"count": gone}
    name = str(ErasedKind.ARCHIVE.label)
    return Reached(kind=ErasedKind.ARCHIVE, id=search.actor.tenant_id, name=name, note=said if gone else "")
