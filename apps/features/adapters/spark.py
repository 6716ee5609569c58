"""The point-in-time join on Spark, for tables whose labels and moments no longer sort on one machine.

Spark learns no value, no key and no label: the lake numbers keys and labels, and what lies outside of it for as long as
a join takes are whole numbers, key number, moment, label number, the moments moved by a number that is drawn for each
join. Spark answers which moment each label sees, and the lake puts the values to it: so types, ties and missing values
are those of the lake, whatever the engine.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from select import select
from typing import IO, TYPE_CHECKING, cast

from django.conf import settings

from apps.features.adapters.asof import (
    comma,
    from_column,
    join_sql,
    labels_sql,
    outputs,
    same_keys,
    seen_name,
    seen_sql,
    written,
)
from apps.features.adapters.exchange import Place, exchanged
from apps.features.ports import JoinedView, Labels, Through
from foundation import storage
from foundation.errors import Unavailable
from foundation.lake.ports import Lake, TableAt
from foundation.quoting import identifier
from foundation.words import kept as _

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger("sanad.features")
PREFIX = "js_"
_PROGRAM = Path(__file__).with_name("spark_points.py")
_HEARD_EVERY_S = 0.5
_DAY_US = 86_400_000_000
# A label is known by its place in the table, which stays the same in one snapshot.
_NUMBERED = ", row_number() OVER () AS __n"


@dataclass(frozen=True)
class SparkJoin:
    """`exchange` is a folder that Spark's executors see under the same path, or a place in an object store.

    None is needed where Spark runs on this machine alone.
    """

    master: str
    exchange: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    name: str = "spark"

    def join(
        self,
        tables: Lake,
        into: str,
        labels: Labels,
        views: Sequence[JoinedView],
        inputs: Mapping[str, TableAt],
        *,
        heard: Callable[[], None],
        through: Through | None = None,
    ) -> TableAt:
        if not views:
            return written(tables, into, join_sql(labels, views), inputs, through)
        aside_table, moved = PREFIX + into.partition("_")[2], secrets.randbelow(3650 * _DAY_US)
        tables.drop(aside_table)
        try:
            with storage.scratch("join") as aside, exchanged(self.exchange, aside) as place:
                for index, view in enumerate(views):
                    heard()
                    here = {name: inputs[name] for name in ("base", view.alias)}
                    rows = tables.query(points_sql(labels, view, moved), here)
                    place.write(f"points/v{index}", rows)
                self._run(aside, place, len(views), heard)
                found = tables.write(aside_table, place.read("found", _found(len(views))))
            heard()
            return written(tables, into, assembled_sql(labels, views, moved), {**inputs, "found": found}, through)
        finally:
            tables.drop(aside_table)

    def _run(self, folder: Path, place: Place, views: int, heard: Callable[[], None]) -> None:
        asked = {
            "master": self.master,
            "views": views,
            "points": f"{place.url}/points",
            "found": f"{place.url}/found",
            "options": {**_defaults(folder, self.master), **self.options},
        }
        with (folder / "said").open("wb") as said:
            program = subprocess.Popen(
                [sys.executable, "-I", str(_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=said,
                env={**settings.FEATURES_SPARK_SURROUNDINGS, "HOME": str(folder)},
                cwd=folder,
                start_new_session=True,
            )
            ended = os.pidfd_open(program.pid)
            try:
                _feed(program, json.dumps(asked).encode())
                while not select([ended], [], [], _HEARD_EVERY_S)[0]:
                    heard()
            finally:
                # Its number is its own, and that of its group, until it is waited for.
                os.killpg(program.pid, signal.SIGKILL)
                os.close(ended)
                program.wait()
        if not place.is_there("found/_SUCCESS"):
            said_by = (folder / "said").read_bytes()
            log.warning(
                "A join on Spark ended with %d: %s", program.returncode, said_by[-4000:].decode(errors="replace")
            )
            raise Unavailable(_why(said_by))


def points_sql(labels: Labels, view: JoinedView, moved: int) -> str:
    """Labels and rows of a view as `key, moment, n`; a label that can see nothing is left out."""
    keys = comma(view.keys)
    named = " AND ".join(f"keys.{identifier(key)} = seen.{identifier(key)}" for key in view.keys)
    return f"""
    WITH labels AS ({labels_sql(labels, _NUMBERED)}), seen AS MATERIALIZED ({seen_sql(replace(view, features=()))}),
    keys AS MATERIALIZED (SELECT {keys}, row_number() OVER () AS __k FROM (SELECT DISTINCT {keys} FROM seen))
    SELECT keys.__k AS key, labels.__t + {moved} AS moment, labels.__n AS n
    FROM labels JOIN keys ON {same_keys(view, "keys")} WHERE labels.__t IS NOT NULL
    UNION ALL
    SELECT keys.__k, seen.{from_column(view)} + {moved}, NULL FROM seen JOIN keys ON {named}
    """


def assembled_sql(labels: Labels, views: Sequence[JoinedView], moved: int) -> str:
    """The values of the rows that were found: of a view there is one for each key and moment."""
    parts = [f"labels AS ({labels_sql(labels, _NUMBERED)})"]
    parts += [f"{seen_name(view)} AS ({seen_sql(view)})" for view in views]
    joins = ["LEFT JOIN found ON found.n = labels.__n"] if views else []
    for index, view in enumerate(views):
        moment = f"{seen_name(view)}.{from_column(view)} = found.s{index} - {moved}"
        joins.append(f"LEFT JOIN {seen_name(view)} ON {same_keys(view)} AND {moment}")
    return f"WITH {', '.join(parts)} SELECT {outputs(labels, views)} FROM labels {' '.join(joins)}"


def _defaults(folder: Path, master: str) -> dict[str, str]:
    # What Spark itself puts on disk between its steps is encrypted with a key of the session.
    options = {
        "spark.io.encryption.enabled": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    options |= {"spark.sql.shuffle.partitions": "200", "spark.sql.session.timeZone": "UTC"}
    if master.startswith("local"):
        options |= {"spark.local.dir": str(folder / "local"), "spark.sql.shuffle.partitions": "8"}
        options |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    return options


def _found(views: int) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, pa.int64()) for name in ("n", *(f"s{index}" for index in range(views)))])


def _feed(program: subprocess.Popen[bytes], asked: bytes) -> None:
    # Where it ended before it listened, what it said tells why.
    with suppress(BrokenPipeError), cast(IO[bytes], program.stdin) as asking:
        asking.write(asked)


def _why(said: bytes) -> str:
    if b"No module named 'pyspark'" in said:
        return _("Spark is named in the settings, and its Python package is not installed: see requirements/spark.txt.")
    if b"JAVA_GATEWAY_EXITED" in said or b"JAVA_HOME is not set" in said:
        return _("Spark could not start: there is no Java on this machine, or one that is too old. It wants 17.")
    return _(
        "The join on Spark failed, and nothing was written. Whoever runs the portal finds what Spark said in its log."
    )
