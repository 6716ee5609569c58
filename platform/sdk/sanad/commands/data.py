"""Datasets."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands import governed
from sanad.commands.arguments import add, as_json, chosen, group, inputs_of, sql_file, text_of
from sanad.commands.ingestions import MODES
from sanad.models import show_progress
from sanad.output import show, table, tell
from sanad.sources import Folder

VERSION = ("id", "dataset_name", "number", "state", "row_count", "digest")


def add_to(acts: Any) -> None:
    _datasets(group(acts, "dataset", "datasets"))


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
    sql_file(derive)
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
    words = {"inputs": inputs_of(client, said), "mode": said.mode, "key": said.key}
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
