"""Datasets, entities, feature views and training sets."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands import governed, windows
from sanad.commands.arguments import add, as_json, chosen, group, pair, text_of
from sanad.commands.ingestions import MODES
from sanad.historical import show_step
from sanad.models import show_progress
from sanad.output import show, table, tell
from sanad.sources import Folder

VERSION = ("id", "dataset_name", "number", "state", "row_count", "digest")

_VIEW = "its id, its name for the newest version, or “NAME v2”"


def add_to(acts: Any) -> None:
    _datasets(group(acts, "dataset", "datasets"))
    _features(group(acts, "feature", "feature views and their entities"))
    _training_sets(group(acts, "training-set", "training sets"))


def _datasets(dataset: Any) -> None:
    push = add(dataset, "push", dataset_push, "send a file or a folder: a new dataset, or its next version")
    push.add_argument("file", help="or a folder, whose files become one table")
    push.add_argument("--name", default="")
    push.add_argument("--estimate", action="store_true", help="say what it will probably take, and send nothing")
    push.add_argument("--pattern", default="", help='which files of a folder, like "*.csv"')
    push.add_argument("--follow-links", action="store_true", help="send files outside of the folder that links lead to")
    push.add_argument("--review", action="store_true", help="wait for a person to commit it")
    push.add_argument("--tokenise", action="append", default=[], metavar="COLUMN", help="replace its values by tokens")
    push.add_argument("--options", type=as_json, metavar="JSON", help='e.g. {"missing": ["NA"]}')
    pull = add(dataset, "pull", dataset_pull, "read a table, a folder or a file through a connection")
    pull.add_argument("connection", help="its name or id")
    pull.add_argument("place", help="as `sanad connection things` names it")
    pull.add_argument("--name", default="", help="of the dataset; without it, the last word of the place")
    pull.add_argument("--pattern", default="", help='which files of a folder, like "*.csv"')
    pull.add_argument("--review", action="store_true", help="wait for a person to commit it")
    pull.add_argument("--tokenise", action="append", default=[], metavar="COLUMN", help="replace its values by tokens")
    pull.add_argument("--options", type=as_json, metavar="JSON", help='e.g. {"missing": ["NA"]}')
    take = add(dataset, "take", dataset_take, "take over a version, also of another project")
    take.add_argument("version", help="its id")
    take.add_argument("name", help="of the dataset whose next version it becomes")
    take.add_argument("--review", action="store_true", help="wait for a person to commit it")
    for parser in (push, pull):
        _modes(parser)
    derive = add(dataset, "derive", dataset_derive, "make a version by SQL over other versions")
    derive.add_argument("name")
    _sql(derive)
    _modes(derive)
    for word, act, said in (
        ("pause", dataset_pause, "halt the reading of a version through a connection"),
        ("resume", dataset_resume, "let the reading of a version go on"),
    ):
        add(dataset, word, act, said).add_argument("version", help="its id")
    add(dataset, "commit", dataset_commit, "make a version that waits for review immutable").add_argument("version")
    destroy = add(
        dataset, "destroy", dataset_destroy, "destroy a version's rows for good, and every key that opens them"
    )
    destroy.add_argument("version", help="its id")
    destroy.add_argument("--confirm", required=True, metavar="NAME", help='its name, as "orders v3"')
    destroy.add_argument("--break-chain", action="store_true", help="although something was made from it")
    edit = add(dataset, "edit", dataset_edit, "say what it is, and how old its newest version may be")
    edit.add_argument("dataset", help="its name or id")
    edit.add_argument("--description")
    edit.add_argument("--why", help="why the description changes; kept with its edition")
    edit.add_argument("--fresh-within", type=int, metavar="HOURS", help="0: nothing is promised")
    card = add(dataset, "card", dataset_card, "what people say of it, and what evidence says, as Markdown")
    card.add_argument("dataset", help="its name or id")
    editions = add(dataset, "editions", dataset_editions, "what the card's text was, and who changed it")
    editions.add_argument("dataset", help="its name or id")
    restore = add(dataset, "restore-card", dataset_restore_card, "an earlier edition of the card's text counts again")
    restore.add_argument("dataset", help="its name or id")
    restore.add_argument("edition", type=int, help="its number, as `sanad dataset editions` shows it")
    restore.add_argument("--why", default="")
    add(dataset, "list", dataset_list, "datasets of the project")
    add(dataset, "versions", dataset_versions, "versions of a dataset").add_argument("dataset")
    lineage = add(dataset, "lineage", dataset_lineage, "where a dataset comes from, and what was made of it")
    lineage.add_argument("dataset", help="its name or id")
    lineage.add_argument("--depth", type=int, default=12, help="how many steps")
    lineage.add_argument("--direction", choices=["both", "below", "above"], default="both")
    governed.add_to(dataset)
    get = add(dataset, "get", dataset_get, "a version's rows as a file")
    get.add_argument("version", help="its id, or a dataset's name (its newest version)")
    get.add_argument("into")
    get.add_argument("--form", default="parquet", choices=["parquet", "csv", "arrow", "delta", "iceberg"])
    get.add_argument("--exact", action="store_true", help="CSV: leave text that looks like a formula as it is")
    get.add_argument(
        "--location", default="", help="Iceberg: where its folder is going to lie, like s3://bucket/orders"
    )


def _modes(parser: ArgumentParser) -> None:
    parser.add_argument("--mode", choices=MODES, default="full", help="what becomes of the rows that are there")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="COLUMN",
        help="with upsert: a column that names a row, again for more",
    )


def _sql(parser: ArgumentParser) -> None:
    parser.add_argument("sql", metavar="SQL_FILE", help="a file with one SELECT; - reads standard input")
    parser.add_argument(
        "--input",
        action="append",
        required=True,
        metavar="NAME[=VERSION]",
        help="a table of the SQL: a dataset of that name (its newest version), or the version named",
    )


def _features(feature: Any) -> None:
    entity = add(feature, "entity", feature_entity, "define what features belong to")
    entity.add_argument("name")
    key = "a column that names one of them, and what it holds: text, whole number, truth, date or moment"
    entity.add_argument("--key", action="append", required=True, metavar="NAME[:TYPE]", help=key)
    entity.add_argument("--description", default="")
    define = add(feature, "define", feature_define, "define a feature view and wait for its rows")
    define.add_argument("name")
    _sql(define)
    define.add_argument("--entity", required=True)
    define.add_argument("--event-time", required=True, help="the column that says when a value was true")
    define.add_argument("--created", default="", help="the column that says when it became known, where that is later")
    define.add_argument(
        "--ttl", type=windows.span, metavar="SPAN", help="how long a value counts, like 7d; without it, for ever"
    )
    define.add_argument("--description", default="")
    windows.add_to(feature)
    add(feature, "list", feature_list, "feature views of the project")
    history = add(feature, "history", feature_history, "features as they were known at the time of each of your rows")
    history.add_argument("rows", help="a file (Parquet, Arrow, CSV), or a dataset or version like flights@v3")
    history.add_argument("--feature", action="append", default=[], metavar="VIEW:FEATURE", help="or VIEW:*")
    history.add_argument("--service", default="", help="a feature service, or name@2; its features are taken")
    time = "the column with each row's time; in UTC where no zone is given. Without it, event_timestamp"
    history.add_argument("--event-time", default="event_timestamp", help=time)
    history.add_argument(
        "--key", action="append", default=[], metavar="KEY=COLUMN", help="which column holds a join key"
    )
    history.add_argument(
        "--value", action="append", default=[], metavar="VALUE=COLUMN", help="which column holds what a request brings"
    )
    history.add_argument("--full-names", action="store_true", help="call them view__feature")
    history.add_argument("--ignore-known-since", action="store_true", help="see corrections early; it is recorded")
    history.add_argument("--form", choices=("parquet", "arrow", "csv"), default="parquet")
    history.add_argument("--into", required=True, help="the file to write")
    online = add(feature, "online", feature_online, "the newest values for one entity")
    online.add_argument("view", nargs="*", help=_VIEW)
    online.add_argument("--service", default="", help="a feature service instead of views, or “NAME v2”")
    online.add_argument("--key", action="append", required=True, metavar="NAME=VALUE")
    asked = "a value that the service's on-demand features ask for"
    online.add_argument("--request", action="append", default=[], metavar="NAME=VALUE", help=asked)
    again = add(feature, "materialise", feature_materialise, "put all newest values of a view online again")
    again.add_argument("view", help=_VIEW)
    fresh = add(feature, "freshness", feature_freshness, "how old the latest event online may be before it is an alert")
    fresh.add_argument("view", help=_VIEW)
    fresh.add_argument("seconds", type=windows.span, nargs="?", metavar="SPAN", help="like 2h; without it, any age")


def _training_sets(training: Any) -> None:
    create = add(training, "create", training_create, "join labels with features as they were known; proves it")
    create.add_argument("name")
    create.add_argument("--base", required=True, help="dataset (its newest version) or version that holds the label")
    create.add_argument("--label", required=True)
    create.add_argument("--feature", action="append", help="a column of the base that is a feature; without it, all")
    create.add_argument("--view", action="append", default=[], help="a feature view to join")
    create.add_argument("--service", default="", help="a feature service, whose views are joined")
    create.add_argument(
        "--on-demand", action="append", default=[], metavar="NAME", help="on-demand features, their request in columns"
    )
    create.add_argument(
        "--value",
        action="append",
        default=[],
        metavar="VALUE=COLUMN",
        help="the column that holds a value that on-demand features ask for, where it is called otherwise",
    )
    create.add_argument("--event-time", default="", help="when each label was set; without it, no join and no order")
    create.add_argument("--group", default="", help="rows that share this column stay together in a split")
    create.add_argument("--ignore-known-since", action="store_true", help="see corrections early; it is recorded")
    create.add_argument("--from", dest="start", metavar="TIME")
    create.add_argument("--to", dest="end", metavar="TIME")
    add(training, "list", training_list, "training sets of the project")
    show_one = add(training, "show", training_show, "what it was made of, and the proof that nothing leaked")
    show_one.add_argument("training_set", help="its name or id")
    report = add(training, "report", training_report, "what each feature has to do with the label, and what is odd")
    report.add_argument("training_set", help="its name or id")


def dataset_push(client: Client, said: Namespace) -> None:
    if said.estimate:
        source = _source(said)
        size = source.size if isinstance(source, Folder) else Path(source).stat().st_size
        known = client.datasets.find(said.name) if said.name else None
        show(client.datasets.estimate(size, dataset=known["id"] if known else ""), as_json=said.json)
        return
    version = client.datasets.push(
        _source(said),
        name=said.name or "",
        review=said.review,
        options=_options(said),
        mode=said.mode,
        key=said.key,
        told=show_progress,
    )
    show(chosen(version, VERSION), as_json=said.json)


def _source(said: Namespace) -> str | Folder:
    if not Path(said.file).is_dir():
        return str(said.file)
    folder = Folder(said.file, pattern=said.pattern, follow_links=said.follow_links)
    if left := folder.left_out:
        more = f" and {len(left) - 3:,} more" if len(left) > 3 else ""
        tell(f"Left out, since no rows come from them: {', '.join(left[:3])}{more}.")
    return folder


def dataset_pull(client: Client, said: Namespace) -> None:
    words = {name: getattr(said, name) for name in ("name", "pattern", "review", "mode", "key")}
    words["options"] = _options(said)
    show(chosen(client.datasets.pull(said.connection, said.place, **words), VERSION), as_json=said.json)


def dataset_take(client: Client, said: Namespace) -> None:
    show(chosen(client.datasets.take(said.version, name=said.name, review=said.review), VERSION), as_json=said.json)


def _options(said: Namespace) -> dict[str, Any]:
    return {**(said.options or {}), **({"tokenise": said.tokenise} if said.tokenise else {})}


def dataset_derive(client: Client, said: Namespace) -> None:
    words = {"inputs": _inputs(client, said), "mode": said.mode, "key": said.key}
    made = client.datasets.derive(said.name, sql=text_of(said.sql), **words)
    show(chosen(made, VERSION), as_json=said.json)


def dataset_pause(client: Client, said: Namespace) -> None:
    show(chosen(client.datasets.pause(said.version), VERSION), as_json=said.json)


def dataset_resume(client: Client, said: Namespace) -> None:
    show(chosen(client.datasets.resume(said.version), VERSION), as_json=said.json)


def dataset_commit(client: Client, said: Namespace) -> None:
    client.datasets.commit(said.version)
    show(chosen(client.datasets.wait(said.version), VERSION), as_json=said.json)


def dataset_destroy(client: Client, said: Namespace) -> None:
    gone = client.datasets.destroy(said.version, confirmation=said.confirm, break_chain=said.break_chain)
    show(chosen(gone, VERSION), as_json=said.json)


def dataset_edit(client: Client, said: Namespace) -> None:
    words: dict[str, Any] = {} if said.description is None else {"description": said.description}
    if said.why is not None:
        words["why"] = said.why
    if said.fresh_within is not None:
        words["freshness_s"] = said.fresh_within * 3600 or None
    changed = client.datasets.edit(said.dataset, **words)
    show(chosen(changed, ("id", "name", "description", "freshness_s")), as_json=said.json)


def dataset_card(client: Client, said: Namespace) -> None:
    found = client.datasets.card(said.dataset)
    if said.json:
        show(found, as_json=True)
    else:
        print(found["markdown"], end="")


def dataset_editions(client: Client, said: Namespace) -> None:
    rows = client.datasets.editions(said.dataset)
    table(rows, ("number", "by", "at", "why", "restores"), as_json=said.json)


def dataset_restore_card(client: Client, said: Namespace) -> None:
    show(client.datasets.restore_card(said.dataset, said.edition, why=said.why), as_json=said.json)


def dataset_list(client: Client, said: Namespace) -> None:
    rows = [{**row, "version": (row["latest_version"] or {}).get("number", "")} for row in client.datasets.list()]
    table(rows, ("id", "name", "version"), as_json=said.json)


def dataset_versions(client: Client, said: Namespace) -> None:
    table(client.datasets.versions(client.datasets.get(said.dataset)["id"]), VERSION, as_json=said.json)


def dataset_lineage(client: Client, said: Namespace) -> None:
    found = client.datasets.lineage(said.dataset, depth=said.depth, direction=said.direction)
    if said.json:
        return show(found, as_json=True)
    names = {node["key"]: node["name"] or "(hidden)" for node in found["nodes"]}
    rows = [
        {"from": names[edge["start"]], "to": names[edge["end"]], "broken": edge["broken"]} for edge in found["edges"]
    ]
    table(rows, ("from", "to", "broken"), as_json=False)
    return None


def dataset_get(client: Client, said: Namespace) -> None:
    words = {"form": said.form, "exact": said.exact, "location": said.location}
    tell(f"Written to {client.datasets.download(client.datasets.newest(said.version), said.into, **words)}")


def feature_entity(client: Client, said: Namespace) -> None:
    typed = dict(text.partition(":")[::2] for text in said.key)
    keys = typed if any(typed.values()) else list(typed)
    show(client.features.entity(said.name, keys, description=said.description), as_json=said.json)


def feature_define(client: Client, said: Namespace) -> None:
    view = client.features.define(
        said.name,
        entity=said.entity,
        sql=text_of(said.sql),
        inputs=_inputs(client, said),
        event_time=said.event_time,
        created_column=said.created,
        ttl_seconds=said.ttl,
        description=said.description,
    )
    show(chosen(view, ("id", "name", "number", "state", "row_count")), as_json=said.json)


def feature_list(client: Client, said: Namespace) -> None:
    table(client.features.list(), ("id", "name", "number", "entity_name", "state", "row_count"), as_json=said.json)


def feature_history(client: Client, said: Namespace) -> None:
    found = client.features.historical(
        said.rows,
        said.feature,
        service=said.service,
        event_time=said.event_time,
        keys=dict(pair(text) for text in said.key),
        request=dict(pair(text) for text in said.value),
        full_names=said.full_names,
        ignore_known_since=said.ignore_known_since,
        told=show_step,
    )
    if found.thing["warning"]:
        tell(found.thing["warning"])
    tell(f"Written to {found.save(said.into, form=said.form, exact=True)}")
    show(chosen(found.thing, ("id", "row_count", "kept_until", "leakage_proof")), as_json=said.json)


def feature_online(client: Client, said: Namespace) -> None:
    entity, request = (dict(pair(text) for text in words) for words in (said.key, said.request))
    views = [client.features.get(name)["id"] for name in said.view]
    rows = client.features.online(views, [entity], service=said.service, requests=[request] if request else None)
    table(rows, (), as_json=True)


def feature_materialise(client: Client, said: Namespace) -> None:
    done = client.features.materialise(said.view)
    show(chosen(done, ("id", "state", "kind", "keys_written", "watermark")), as_json=said.json)


def feature_freshness(client: Client, said: Namespace) -> None:
    view = client.features.freshness(said.view, said.seconds)
    show(chosen(view, ("id", "name", "freshness_seconds", "event_age_seconds", "stale_since")), as_json=said.json)


def _reckoned(client: Client, said: Namespace) -> list[dict[str, Any]]:
    """On-demand features that are named, and those of the service where columns are said for what they ask."""
    columns = {name: str(column) for name, column in map(pair, said.value)}
    views = [client.on_demand.get(name) for name in said.on_demand]
    if columns and said.service:
        views += [client.on_demand.get(part["id"]) for part in client.feature_services.get(said.service)["on_demand"]]
    if unknown := sorted(set(columns) - {name for view in views for name in view["request"]}):
        raise ValueError(f"No on-demand feature asks for {', '.join(unknown)}.")
    asked = [(view, {name: column for name, column in columns.items() if name in view["request"]}) for view in views]
    return [{"id": view["id"], "request": request} for view, request in asked]


def training_create(client: Client, said: Namespace) -> None:
    made = client.training_sets.create(
        said.name,
        base_version=client.datasets.newest(said.base),
        label=said.label,
        features=said.feature,
        event_time=said.event_time,
        group=said.group,
        window_start=said.start,
        window_end=said.end,
        views=[{"view": client.features.get(name)["id"]} for name in said.view],
        service=client.feature_services.get(said.service)["id"] if said.service else None,
        on_demand=_reckoned(client, said),
        ignore_known_since=said.ignore_known_since,
    )
    show(chosen(made, ("id", "name", "state", "row_count", "leakage_proof")), as_json=said.json)


def training_list(client: Client, said: Namespace) -> None:
    table(client.training_sets.list(), ("id", "name", "label", "state", "row_count"), as_json=said.json)


def training_show(client: Client, said: Namespace) -> None:
    show(client.training_sets.get(said.training_set), as_json=said.json)


def training_report(client: Client, said: Namespace) -> None:
    report = client.training_sets.report(client.training_sets.get(said.training_set)["id"])
    if said.json:
        show(report, as_json=True)
        return
    rows = [
        {
            "name": one["name"],
            "missing": round(one["missing"], 4),
            "alone": _figure(one["alone"]),
            "relation": _figure(one["relation"]),
            "suspicions": ", ".join(one["suspicions"]),
        }
        for one in report.get("columns", [])
    ]
    table(rows, ("name", "missing", "alone", "relation", "suspicions"), as_json=False)


def _figure(said: dict[str, Any] | None) -> str:
    return f"{said['measure']} {said['value']:.3f}" if said else ""


def _inputs(client: Client, said: Namespace) -> dict[str, str]:
    """Names in the SQL to version ids."""
    pairs = (text.partition("=") for text in said.input)
    return {name: client.datasets.newest(version or name) for name, _equals, version in pairs}
