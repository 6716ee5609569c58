"""Classes of columns, tags, the way back and legal holds of dataset versions."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, chosen
from sanad.output import show, table, tell

VERSION = ("id", "dataset_name", "number", "state", "row_count", "digest", "tags", "held")
SUGGESTION = ("column", "column_class", "suspected", "share", "confidence", "reason")
HOLD = ("id", "name", "until", "in_force", "reason")
_NAMED = "its id, or NAME, NAME@v3, NAME@TAG, NAME@2026-01-31"


def add_to(dataset: Any) -> None:
    find = add(dataset, "find", dataset_find, "a version by number, tag or time")
    find.add_argument("version", help=_NAMED)
    find.add_argument("--as-of", default="", metavar="DAY", help="what the dataset's newest version was then")
    suggest = add(dataset, "suggest", dataset_suggest, "what is proposed for columns that nobody has classified")
    suggest.add_argument("version", help=_NAMED)
    classify = add(dataset, "classify", dataset_classify, "say what kind of data columns hold")
    classify.add_argument("version", help=_NAMED)
    classify.add_argument("classes", nargs="*", metavar="COLUMN=CLASS", help="public, internal, personal or sensitive")
    classify.add_argument("--all-suggestions", action="store_true", help="take what is proposed for the rest")
    for name, act, words in (
        ("tag", dataset_tag, "give a version a tag, taking it from another one"),
        ("untag", dataset_untag, "take a tag away"),
    ):
        one = add(dataset, name, act, words)
        one.add_argument("version", help=_NAMED)
        one.add_argument("tag")
    back = add(dataset, "roll-back", dataset_roll_back, "a new version with the rows of an earlier one")
    back.add_argument("version", help=_NAMED)
    diff = add(dataset, "diff", dataset_diff, "what changed in a version since another one")
    diff.add_argument("version", help=_NAMED)
    diff.add_argument("before", help=_NAMED)
    diff.add_argument("--key", action="append", default=[], metavar="COLUMN", help="what names a row")
    diff.add_argument("--kind", default="", choices=["", "added", "removed", "changed"], help="examples of this kind")
    diff.add_argument("--examples", action="store_true", help="rows that differ instead of columns")
    hold = add(dataset, "hold", dataset_hold, "place a version under legal hold; for compliance officers")
    hold.add_argument("version", help=f"{_NAMED}; with --whole a dataset's name")
    hold.add_argument("--reason", required=True)
    hold.add_argument("--until", metavar="DAY", help="its last day; without it, until it is released")
    hold.add_argument("--whole", action="store_true", help="the whole dataset, with versions that come later")
    release = add(dataset, "release", dataset_release, "end a legal hold")
    release.add_argument("hold", help="its id")
    release.add_argument("--reason", required=True)
    keep = add(dataset, "retention", dataset_retention, "how long versions are kept; without limits, what is in force")
    keep.add_argument("dataset")
    keep.add_argument("--keep-newest", type=int)
    keep.add_argument("--keep-days", type=int)
    keep.add_argument("--preview", action="store_true", help="show what would go and change nothing")
    keep.add_argument("--everything", action="store_true", help="end the rule: everything stays")
    unlink = add(dataset, "destroy-token-key", dataset_unlink, "let nobody tell any more whose tokens are whose")
    unlink.add_argument("--confirm", required=True, metavar="NAME", help="the organisation's short name")
    add(dataset, "holds", dataset_holds, "legal holds of the project")


def dataset_find(client: Client, said: Namespace) -> None:
    show(chosen(client.datasets.version(said.version, as_of=said.as_of), VERSION), as_json=said.json)


def dataset_suggest(client: Client, said: Namespace) -> None:
    table(client.datasets.suggestions(said.version), SUGGESTION, as_json=said.json)


def dataset_classify(client: Client, said: Namespace) -> None:
    version = client.datasets.version(said.version)
    classes = dict(pair.rpartition("=")[::2] for pair in said.classes)
    if classes:
        version = client.datasets.classify(version["id"], classes)
    if said.all_suggestions:
        version = client.datasets.classify(version["id"])
    table(version["schema"], ("name", "type", "class", "suspected"), as_json=said.json)


def dataset_tag(client: Client, said: Namespace) -> None:
    show(chosen(client.datasets.tag(said.version, said.tag), VERSION), as_json=said.json)


def dataset_untag(client: Client, said: Namespace) -> None:
    show(chosen(client.datasets.untag(said.version, said.tag), VERSION), as_json=said.json)


def dataset_roll_back(client: Client, said: Namespace) -> None:
    show(chosen(client.datasets.roll_back(said.version), VERSION), as_json=said.json)


def dataset_diff(client: Client, said: Namespace) -> None:
    found = client.datasets.diff(said.version, said.before, key=said.key, kind=said.kind)
    if said.json:
        show(found, as_json=True)
    elif said.examples:
        table(found["examples"], ("kind", "key", "cells"), as_json=False)
    else:
        table(found["columns"], ("name", "change", "measure", "drift"), as_json=False)
        show(found["rows"] or {"rows": "no key"}, as_json=False)


def dataset_hold(client: Client, said: Namespace) -> None:
    named = {"dataset": said.version} if said.whole else {"version": said.version}
    placed = client.datasets.hold(**named, reason=said.reason, until=said.until)
    show(chosen(placed, HOLD), as_json=said.json)


def dataset_release(client: Client, said: Namespace) -> None:
    show(chosen(client.datasets.release(said.hold, reason=said.reason), HOLD), as_json=said.json)


def dataset_retention(client: Client, said: Namespace) -> None:
    limits = {"keep_newest": said.keep_newest, "keep_days": said.keep_days}
    if any(limits.values()) or said.everything:
        found = client.datasets.set_retention(said.dataset, **limits, preview=said.preview)
    else:
        found = client.datasets.retention(said.dataset)
    table(found["fates"], ("number", "goes", "kept_because"), as_json=said.json)


def dataset_unlink(client: Client, said: Namespace) -> None:
    client.datasets.destroy_token_key(confirmation=said.confirm)
    tell("The key of all tokens is destroyed")


def dataset_holds(client: Client, said: Namespace) -> None:
    table(client.datasets.holds(), HOLD, as_json=said.json)
