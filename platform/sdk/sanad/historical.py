"""Features as they were known at the time of each of your rows."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sanad.errors import SanadError
from sanad.resource import Resource, Thing, Things
from sanad.transport import Transport, save_stream, unmade, wait_for

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

# In which the order of the rows that were sent travels along, so that they come back in it.
_PLACE = "__place"
_PATH = "historical-features/"


class Historical:
    """Rows with their features, kept in the portal for a day; read them here as often as you like until then."""

    def __init__(self, http: Transport, thing: Thing, index: Any = None) -> None:
        self._http, self._index = http, index
        self.thing = thing

    @property
    def id(self) -> str:
        return str(self.thing["id"])

    @property
    def proof(self) -> Thing:
        """What was counted, view by view: joined, missing, expired, and violations, which are none."""
        proof: Thing = self.thing["leakage_proof"]
        return proof

    def to_arrow(self) -> pa.Table:
        """One row for each row that was sent, in its order; rows of a version come in any. Needs pyarrow."""
        import pyarrow as pa

        with self._http.stream(f"{_PATH}{self.id}/rows/?form=arrow") as answer:
            rows = pa.ipc.open_file(io.BytesIO(b"".join(answer.iter_bytes()))).read_all()
        if _PLACE in rows.column_names:
            rows = rows.sort_by(_PLACE).drop_columns([_PLACE])
        return rows

    def to_df(self) -> pd.DataFrame:
        """The same as a pandas DataFrame, with the index of the one that was sent. Needs pandas and pyarrow."""
        frame = self.to_arrow().to_pandas()
        if self._index is not None:
            frame.index = self._index
        return frame

    def save(self, into: str | Path, *, form: str = "parquet", exact: bool = False) -> Path:
        """The rows as one file, in any order: parquet, arrow or csv; nothing is left of a download that broke off."""
        asked = urlencode({"form": form, "exact": str(exact).lower()})
        return save_stream(self._http, f"{_PATH}{self.id}/rows/?{asked}", into)

    def delete(self) -> None:
        """Keep nothing of it in the portal, from now on."""
        self._http.send("DELETE", f"{_PATH}{self.id}/")


class HistoricalFeatures(Resource):
    def historical(
        self,
        entity_df: Any,
        features: Sequence[str] = (),
        *,
        service: str = "",
        event_time: str = "event_timestamp",
        keys: Mapping[str, str] | None = None,
        request: Mapping[str, str] | None = None,
        full_names: bool = False,
        ignore_known_since: bool = False,
        told: Callable[[Thing], None] | None = None,
        timeout_s: float = 3600,
    ) -> Historical:
        """Join features to rows as of each row's event time, and wait for it; one row comes out for each that went in.

        `entity_df` is a pandas DataFrame, an Arrow table, the path of a file (Parquet, Arrow, CSV; up to 1 GB), or the
        name of a dataset or version, like `flights@v3`. `features` are "view:feature", "view@3:feature" of its third
        version, or "view:*", of on-demand features as well; `service` is a feature service, or “name@2” for its second
        version, whose features are taken beside those. `keys` says which column of the rows holds a join key that is
        called otherwise, `request` the same of a value that on-demand features ask for. Times without a zone are UTC.
        `ignore_known_since` shows corrections before they were known; the portal records it.
        `told` hears how far it is (`state`, `step`, `percent`); where it raises, the join ends and nothing is kept.
        """
        where, index = self._source(entity_df)
        body = {
            "project": self._project,
            "features": [features] if isinstance(features, str) else list(features),
            "service": service,
            "event_time": event_time,
            "keys": dict(keys or {}),
            "request": dict(request or {}),
            "full_names": full_names,
            "ignore_known_since": ignore_known_since,
            **where,
        }
        asked = self._http.post(_PATH, body)
        path = f"{_PATH}{asked['id']}/"

        def read() -> Thing:
            thing: Thing = self._http.get(path)
            if told is not None:
                told(thing)
            return thing

        def done(thing: Thing) -> bool:
            return bool(thing["state"] == "ready")

        try:
            ready = wait_for(read, done, failed=unmade, timeout_s=timeout_s, what="The join of features")
        except SanadError:
            raise  # it failed by itself, or goes on in the portal
        except BaseException:
            self._http.send("DELETE", path)
            raise
        return Historical(self._http, ready, index)

    def histories(self) -> Things:
        """Features of the past that somebody asked for in the project, and that are kept still."""
        return list(self._http.pages(_PATH, project=self._project))

    def history(self, history_id: str) -> Historical:
        """One of them by its id."""
        return Historical(self._http, self._http.get(f"{_PATH}{history_id}/"))

    def _source(self, rows: Any) -> tuple[dict[str, str], Any]:
        """Where the portal finds the rows, and the index that they have here."""
        if isinstance(rows, str) and not Path(rows).is_file():
            return {"base_version": self._client.datasets.newest(rows)}, None
        if isinstance(rows, (str, Path)):
            return {"upload": self._client.datasets.upload(rows)["id"]}, None
        index = None if isinstance(rows, Sequence) else getattr(rows, "index", None)
        with tempfile.TemporaryDirectory(prefix="sanad-") as folder:
            path = Path(folder) / "rows.parquet"
            _write(rows, path)
            return {"upload": self._client.datasets.upload(path)["id"]}, index


def show_step(thing: Thing) -> None:
    """A line on standard error, where a person looks at it."""
    if sys.stderr.isatty():
        percent = f"{thing['percent']:3.0f} % " if thing["percent"] is not None else ""
        sys.stderr.write(f"\r\x1b[K{percent}{thing['step']}" + ("\n" if thing["state"] == "ready" else ""))


def _table(rows: Any) -> pa.Table:
    """Of a DataFrame, or of a list of one dictionary for each row; what no column can hold is refused in words."""
    import pyarrow as pa

    try:
        if isinstance(rows, Sequence) and all(isinstance(row, Mapping) for row in rows):
            return pa.Table.from_pylist([dict(row) for row in rows])
        return pa.Table.from_pandas(rows, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        said = f"A column of the rows holds values of several types, like texts among numbers: {error.args[0]}."
        raise SanadError(f"{said} Give it one, as with frame[name].astype(str).") from error
    except ValueError as error:
        raise SanadError(f"The rows cannot be sent as they are: {error}.") from error
    except AttributeError as error:
        said = "Rows are a DataFrame, an Arrow table, a list of dictionaries, the path of a file, or a dataset version"
        raise SanadError(f"{said}; this is a {type(rows).__name__}.") from error


def _write(rows: Any, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = rows if isinstance(rows, pa.Table) else _table(rows)
    table = table.append_column(_PLACE, pa.array(range(table.num_rows), pa.int64()))
    pq.write_table(table, path, compression="zstd")
