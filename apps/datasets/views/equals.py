"""What the pages of ingestions do, as curl, Python and command line.

A token for whoever says elsewhere that something new is there needs `dataset.view`, `dataset.create` and
`connection.view`, in this project alone.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

_DAILY = {"mode": "incremental", "cursor": "changed_at", "key": ["id"], "cron": "30 6 * * *", "zone": "Asia/Dubai"}
_NEEDED = _("Read now; a token limited to dataset.view, dataset.create and connection.view is enough")

EQUALS = {
    "datasets:ingestion_list": (
        Act(
            _("Set up an ingestion"),
            "POST",
            "ingestions/",
            'client.ingestions.create("orders", "Warehouse", "public.orders", mode="incremental", cursor="changed_at",'
            ' key=["id"], cron="30 6 * * *", zone="Asia/Dubai")',
            "--project {project.slug} ingestion create orders Warehouse public.orders --mode incremental"
            " --cursor changed_at --key id --cron '30 6 * * *' --zone Asia/Dubai",
            {"dataset": "…", "connection": "…", "place": "public.orders", **_DAILY},
        ),
    ),
    "datasets:ingestion_detail": (
        Act(
            _NEEDED,
            "POST",
            "ingestions/{ingestion.pk}/run/",
            "client.ingestions.run({ingestion.pk})",
            "ingestion run {ingestion.pk}",
            {},
        ),
        Act(
            _("Read a span anew"),
            "POST",
            "ingestions/{ingestion.pk}/run/",
            'client.ingestions.run({ingestion.pk}, since="2026-01-01", until="2026-02-01")',
            "ingestion backfill {ingestion.pk} --since 2026-01-01 --until 2026-02-01",
            {"since": "2026-01-01", "until": "2026-02-01"},
        ),
        Act(
            _("Pause the schedule"),
            "POST",
            "ingestions/{ingestion.pk}/pause/",
            "client.ingestions.pause({ingestion.pk})",
            "ingestion pause {ingestion.pk}",
        ),
        Act(
            _("Change when it is read"),
            "PATCH",
            "ingestions/{ingestion.pk}/",
            'client.ingestions.edit({ingestion.pk}, cron="0 * * * *")',
            "ingestion edit {ingestion.pk} --cron '0 * * * *'",
            {"cron": "0 * * * *"},
        ),
        Act(
            _("Delete"),
            "DELETE",
            "ingestions/{ingestion.pk}/",
            "client.ingestions.delete({ingestion.pk})",
            "ingestion delete {ingestion.pk}",
        ),
    ),
}
