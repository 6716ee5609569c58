"""What the pages that define features do, as curl, Python and command line; `example` is of `views.examples`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

FILE = (
    Act(
        _("Show what a file would change"),
        "POST",
        "feature-definitions/plan/",
        'client.feature_definitions.plan("…")',
        "features plan features.yaml",
        {"project": "{project.slug}", "text": "…"},
    ),
    Act(
        _("Make it so"),
        "POST",
        "feature-definitions/apply/",
        'client.feature_definitions.apply("…")',
        "features apply features.yaml",
        {"project": "{project.slug}", "text": "…"},
    ),
)
_ENTITY = Act(
    _("Define what features are about"),
    "POST",
    "entities/",
    "client.features.entity({example[entity]}, {example[keys]})",
    "features entity {example[entity]} {example[key_options]}",
    {"project": "{project.slug}", "name": "{example[entity]}", "join_keys": "{example[keys]}"},
)
_SELECT = {"project": "{project.slug}", "sql": "{example[sql]}", "inputs": "{example[inputs]}"}
VIEW = (
    Act(
        _("Show the first rows"),
        "POST",
        "feature-views/preview/",
        "client.features.preview({example[sql]}, {example[said]}, event_time={example[event_time]})",
        "features define {example[name]} view.sql --try --entity {example[entity]}"
        " --event-time {example[event_time]} {example[options]}",
        _SELECT | {"event_time": "{example[event_time]}"},
    ),
    _ENTITY,
    Act(
        _("Define a view"),
        "POST",
        "feature-views/",
        "client.features.define(\n    {example[name]},\n    entity={example[entity]},\n    sql={example[sql]},\n"
        "    inputs={example[said]},\n    event_time={example[event_time]},\n"
        "    created_column={example[created_column]},\n    timeless_inputs={example[timeless]},\n"
        "    ttl_seconds={example[ttl]},\n)",
        "features define {example[name]} view.sql --entity {example[entity]}"
        " --event-time {example[event_time]} {example[options]}",
        _SELECT
        | {
            "entity": "{example[entity]}",
            "name": "{example[name]}",
            "event_time": "{example[event_time]}",
            "created_column": "{example[created_column]}",
            "timeless_inputs": "{example[timeless]}",
            "ttl_seconds": "{example[ttl]}",
        },
    ),
)
_EVENTS = {
    "project": "{project.slug}",
    "version_id": "{example[version]}",
    "stream_id": "{example[stream]}",
    "sql": "{example[sql]}",
}
WINDOWS = (
    Act(
        _("Show the first events"),
        "POST",
        "feature-windows/preview/",
        "client.features.preview_events(version={example[version]}, stream={example[stream]}, sql={example[sql]})",
        "features windows {example[name]} --try --entity {example[entity]}"
        " --event-time {example[event_time]} {example[options]}",
        _EVENTS,
    ),
    _ENTITY,
    Act(
        _("Define windows"),
        "POST",
        "feature-windows/",
        "client.features.define_windows(\n    {example[name]},\n    entity={example[entity]},\n"
        "    version={example[version]},\n    stream={example[stream]},\n    sql={example[sql]},\n"
        "    event_time={example[event_time]},\n    known_since={example[known_since]},\n"
        "    created_column={example[created_column]},\n    ttl_seconds={example[ttl]},\n"
        "    slide_seconds={example[slide]},\n    aggregations={example[aggregations]},\n)",
        "features windows {example[name]} --entity {example[entity]}"
        " --event-time {example[event_time]} {example[options]}",
        _EVENTS
        | {
            "entity": "{example[entity]}",
            "name": "{example[name]}",
            "event_time": "{example[event_time]}",
            "known_since": "{example[known_since]}",
            "created_column": "{example[created_column]}",
            "ttl_seconds": "{example[ttl]}",
            "slide_seconds": "{example[slide]}",
            "aggregations": "{example[aggregations]}",
        },
    ),
)
_MEANING = {
    "project": "{project.slug}",
    "request": "{example[request]}",
    "uses": "{example[use_list]}",
    "features": "{example[feature_list]}",
}
ON_DEMAND = (
    Act(
        _("Try it"),
        "POST",
        "on-demand-views/try/",
        "client.on_demand.try_definition(\n    [{example[values]}],\n    features={example[features]},\n"
        "    request={example[request]},\n    uses={example[uses]},\n)",
        "on-demand define {example[name]} --try {example[values_said]} {example[options]}",
        _MEANING | {"rows": ["{example[values]}"]},
    ),
    Act(
        _("Define on-demand features"),
        "POST",
        "on-demand-views/",
        "client.on_demand.define(\n    {example[name]},\n    features={example[features]},\n"
        "    request={example[request]},\n    uses={example[uses]},\n)",
        "on-demand define {example[name]} {example[options]}",
        _MEANING | {"name": "{example[name]}"},
    ),
)
SERVICE = (
    Act(
        _("Define a service"),
        "POST",
        "feature-services/",
        "client.feature_services.define({example[name]}, {example[views]}, on_demand={example[on_demand]})",
        "feature-service define {example[name]} {example[options]}",
        {
            "project": "{project.slug}",
            "name": "{example[name]}",
            "views": "{example[views]}",
            "on_demand": "{example[on_demand]}",
        },
    ),
)
_LABELS = {
    "project": "{project.slug}",
    "base_version": "{example[version]}",
    "label": "{example[label]}",
    "event_time": "{example[event_time]}",
    "views": "{example[views]}",
    "service": "{example[service]}",
}
_JOINED = (
    "    base_version={example[base]},\n    label={example[label]},\n    event_time={example[event_time]},\n"
    "    views={example[view_names]},\n    service={example[service]},\n)"
)
TRAINING_SET = (
    Act(
        _("Look at some of its rows"),
        "POST",
        "training-sets/preview/",
        f"client.training_sets.preview(\n{_JOINED}",
        "training-set create {example[name]} --try --base {example[base]} --label {example[label]} {example[options]}",
        _LABELS,
    ),
    Act(
        _("Make a training set"),
        "POST",
        "training-sets/",
        f"client.training_sets.create(\n    {{example[name]}},\n{_JOINED}",
        "training-set create {example[name]} --base {example[base]} --label {example[label]} {example[options]}",
        _LABELS | {"name": "{example[name]}"},
    ),
)
