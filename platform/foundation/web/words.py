"""Sentences that scripts say, translated here, so that one catalogue serves pages and scripts."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

WORDS = {
    "close": _("Close"),
    "undo": _("Undo"),
    "copied": _("Copied"),
    "copy_failed": _("The browser did not allow copying. Select the text and copy it yourself."),
    "no_passkey": _("No passkey was given: it was cancelled, took too long, or this device has none for the portal."),
    "offline": _("No connection to the portal. Nothing was changed; try again in a moment."),
    "signed_out": _("You are signed out. Sign in again to go on."),
    "loading": _("Loading"),
    "live": _("Live"),
    "reconnecting": _("Reconnecting"),
    "stale": _("Not live since {time}"),
    "still": _("Not live"),
    "new_rows": _("Something changed here. Show it"),
    "new_count": _("{n} new. Show them"),
    "upload_type": _("{name} is not accepted here. Choose one of: {types}."),
    "upload_empty": _("{name} is empty. Choose a file with content."),
    "upload_large": _("{name} has {size}, but at most {limit} are accepted."),
    "upload_many": _("One file at a time, please. Choose the first one again."),
    "upload_looking": _("Looking through {name}"),
    "upload_left_out": _("Left out, since no rows come from them: {count} files ({names})."),
    "upload_no_tables": _("There is no file in {name} that can become rows. They end in {types}."),
    "upload_changed": _("{name} was changed or moved since it was chosen. Choose the folder again."),
    "upload_files": _("{sent} of {count} files"),
    "upload_going": _("{sent} of {size} · {rate}/s · {rest} left"),
    "upload_starting": _("Preparing the upload of {name}"),
    "upload_resuming": _("Resuming {name} at {sent}"),
    "upload_paused": _("Paused at {sent} of {size}"),
    "upload_waiting": _("The connection was lost at {sent}. It goes on by itself when the connection is back."),
    "upload_done": _("{name} is uploaded, {size}."),
    "upload_failed": _("The upload stopped: {why}"),
    "upload_cancelled": _("The upload was cancelled. Nothing was kept."),
    "pause": _("Pause"),
    "resume": _("Resume"),
    "chart_failed": _("This chart could not be drawn: {why}"),
    "chart_empty": _("There is nothing to draw yet."),
    "chart_table": _("The same figures as a table"),
    "chart_show_table": _("Show as table"),
    "chart_show_chart": _("Show as chart"),
    "log_lines": _("{count} lines"),
    "log_hits": _("{hits} of {count} lines"),
    "log_empty": _("Nothing was written yet."),
    "log_failed": _("The log could not be read: {why}"),
    "follow": _("Following"),
    "elapsed": _("{elapsed} so far"),
    "elapsed_rest": _("{elapsed} so far, about {rest} left"),
    "second": _("{n} s"),
    "minute": _("{n} min"),
    "hour": _("{n} h"),
}


def for_scripts() -> dict[str, str]:
    """By key, in the reader's language; `{name}` is filled in by the script."""
    return {key: str(sentence) for key, sentence in WORDS.items()}
