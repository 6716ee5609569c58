"""What the pages of saved filters do, as curl, Python and command line."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

EQUALS = {
    "dashboards:filter_list": (
        Act(
            _("Save a filter"),
            "POST",
            "saved-filters/",
            'client.saved_filters.save("Late ones", "data/", "sort=-fresh", project="flights")',
            "--project flights filter save 'Late ones' data/ 'sort=-fresh'",
            {"name": "Late ones", "list": "data/", "query": "sort=-fresh", "project": "flights"},
        ),
    ),
    "dashboards:filter_edit": (
        Act(
            _("Share it"),
            "PATCH",
            "saved-filters/{saved.pk}/",
            "client.saved_filters.edit({saved.pk}, shared=True)",
            "filter edit {saved.pk} --shared yes",
            {"shared": True},
        ),
        Act(
            _("Delete"),
            "DELETE",
            "saved-filters/{saved.pk}/",
            "client.saved_filters.delete({saved.pk})",
            "filter delete {saved.pk}",
        ),
    ),
}
