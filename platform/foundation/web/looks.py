"""How states and kinds of things look: tone, shape, word, icon."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

TONES = {
    "ok": """active applied approved delivered done enabled equal erased fresh granted healthy live newest ok passed
        production proven ready resolved serving signed steady succeeded unchanged valid verified""",
    "busy": """building cancelling computing destroying erasing ingesting materialising materializing playing
        profiling promoting registering replaying resuming running starting stopping uploading verifying""",
    "wait": """ageing candidate due expiring held high medium open paused pending planned queued retrying review stale
        acknowledged moved unproven waiting warned warning""",
    "bad": """alert breached broken critical denied differs drifted error expired failed firing invalid lost missing
        refused revoked tampered unhealthy""",
}
TONE_OF = {word: tone for tone, listed in TONES.items() for word in listed.split()}

_LINE = 'fill="none" stroke="currentColor"'
_RING = f'<circle cx="8" cy="8" r="6.2" {_LINE}'
MARKS = {
    "ok": '<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="M5 8.2l2.1 2.1L11.2 6" class="s-mark-cut"/>',
    "bad": '<path d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1z" fill="currentColor"/>'
    '<path d="M5.6 5.6l4.8 4.8M10.4 5.6l-4.8 4.8" class="s-mark-cut"/>',
    "wait": f'{_RING} stroke-width="1.6"/>'
    f'<path d="M8 4.6V8l2.3 1.5" {_LINE} stroke-width="1.6" stroke-linecap="round"/>',
    "busy": f'{_RING} stroke-opacity=".28" stroke-width="2"/>'
    f'<path d="M8 1.8A6.2 6.2 0 0 1 14.2 8" {_LINE} stroke-width="2" stroke-linecap="round"/>',
    "off": f'{_RING} stroke-width="1.6" stroke-dasharray="2.6 2.3"/>',
}
KINDS = {
    "source": (_("Source"), "file-text"),
    "connection": (_("Connection"), "plug-connected"),
    "files": (_("Files"), "file-text"),
    "stream": (_("Stream"), "activity"),
    "transformation": (_("Transformation"), "sql"),
    "ingestion": (_("Ingestion"), "database-import"),
    "dataset": (_("Dataset"), "database"),
    "dataset_version": (_("Dataset version"), "database"),
    "entity": (_("Entity"), "id"),
    "feature_service": (_("Feature service"), "stack-2"),
    "feature": (_("Feature"), "columns-3"),
    "feature_view": (_("Feature view"), "columns-3"),
    "feature_views": (_("Feature view"), "columns-3"),
    "on_demand_view": (_("On-demand features"), "adjustments-horizontal"),
    "on_demand_views": (_("On-demand features"), "adjustments-horizontal"),
    "training_sets": (_("Training set"), "table"),
    "runs": (_("Runs"), "flask"),
    "hidden": (_("Hidden"), "lock"),
    "training_set": (_("Training set"), "table"),
    "run": (_("Run"), "flask"),
    "model": (_("Model"), "box"),
    "model_version": (_("Model version"), "box"),
    "approval_case": (_("Decision"), "clipboard-check"),
    "decision": (_("Decision"), "clipboard-check"),
    "deployment": (_("Deployment"), "rocket"),
    "revision": (_("Revision"), "rocket"),
    "monitor": (_("Monitor"), "heartbeat"),
    "alert": (_("Alert"), "bell"),
    "report": (_("Report"), "report-analytics"),
    "erasure": (_("Erasure"), "trash"),
    "project": (_("Project"), "folder"),
    "token": (_("Token"), "key"),
    "service_account": (_("Service account"), "robot"),
    "webhook": (_("Webhook"), "link"),
    "support": (_("Support access"), "users"),
    "membership": (_("Member"), "users"),
    "person": (_("Member"), "users"),
    "permission": (_("Permission"), "key"),
    "ledger": (_("Ledger"), "shield-check"),
    "saved_filter": (_("Saved filter"), "filter"),
    "page": (_("Page"), "layout-dashboard"),
    "action": (_("Action"), "command"),
}
# Icons that point along the line of writing, mirrored in right-to-left pages.
DIRECTIONAL = frozenset(
    {"arrow-back-up", "arrow-right", "chevron-left", "chevron-right", "chevrons-left", "chevrons-right"}
    | {"external-link", "list", "logout"}
)
