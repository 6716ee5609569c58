"""What the pages of streams do, as curl, Python and command line."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act


def _act(label: object, word: str, path: str = "") -> Act:
    return Act(
        label,
        "POST",
        f"streams/{{stream.pk}}/{path or word}/",
        f"client.streams.{word}({{stream.pk}})",
        f"stream {word} {{stream.pk}}",
    )


_COLUMNS = [{"name": "id", "type": "whole", "required": True}, {"name": "at", "type": "time", "required": False}]

EQUALS = {
    "streams:stream_list": (
        Act(
            _("Make a stream"),
            "POST",
            "streams/",
            'client.streams.create("Clicks", columns=[{{"name": "id", "type": "whole", "required": True}},'
            ' {{"name": "at", "type": "time"}}], event_time="at")',
            "--project {project.slug} stream create Clicks --column id:whole! --column at:time --event-time at",
            {"name": "Clicks", "project": "{project.slug}", "columns": _COLUMNS, "event_time": "at"},
        ),
    ),
    "streams:stream_detail": (
        _act(_("Pause"), "pause"),
        _act(_("Let it go on"), "resume"),
        _act(_("Make a version now"), "cut"),
        _act(_("Read quarantined events again"), "replay", "quarantine/replay"),
        Act(
            _("Mend an event in quarantine"),
            "POST",
            "streams/{stream.pk}/quarantine/mend/",
            'client.streams.mend({stream.pk}, "0:1-0", price=5)',
            "stream mend {stream.pk} 0:1-0 --set price=5",
            {"place": "0:1-0", "values": {"price": 5}},
        ),
        Act(
            _("Delete"),
            "DELETE",
            "streams/{stream.pk}/",
            "client.streams.delete({stream.pk})",
            "stream delete {stream.pk}",
        ),
    ),
}
