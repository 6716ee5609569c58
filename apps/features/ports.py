"""The ports of the feature store: the join as of a moment, the online store, and the queue of what was served."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from foundation.lake.ports import Lake, TableAt

if TYPE_CHECKING:
    import pyarrow as pa

Through = Callable[["pa.RecordBatchReader"], "pa.RecordBatchReader"]


@dataclass(frozen=True)
class JoinedView:
    """One view in a join: `alias` is its input's name, `keys` maps its join keys to columns of the labels."""

    alias: str
    keys: dict[str, str]
    event_time: str
    created: str
    features: tuple[str, ...]
    ttl_us: int | None
    # Whether a column `__shown` tells which rows are seen; where there is none, all are. None: nobody has looked yet.
    marked: bool | None = None
    # Values are seen from their event time on, though they became known later: somebody has opted out of `created`.
    early: bool = False
    # What the features are called in the rows that come out; as in the view where nothing is said.
    names: tuple[str, ...] = ()

    @property
    def event_column(self) -> str:
        return f"__event_{self.alias}"

    @property
    def known_column(self) -> str:
        return f"__known_{self.alias}"

    @property
    def named(self) -> list[tuple[str, str]]:
        """Each feature, and what it is called in the rows that come out."""
        return list(zip(self.features, self.names or self.features, strict=True))


@dataclass(frozen=True)
class Labels:
    """The rows that each come out once: the columns that are kept of them, and which rows are meant."""

    kept: tuple[str, ...]
    # Moments without a zone are UTC. Empty where nothing is joined by time.
    event_time: str
    # Rows without a value here stay out; empty: none does.
    label: str = ""
    start_us: int | None = None
    end_us: int | None = None
    # Columns in which NaN and infinities are missing, as they are in features; the label may be one of them.
    finite: frozenset[str] = frozenset()


class PointInTimeJoin(Protocol):
    """Labels and views in, rows out. Errors: those of the lake, Unavailable where another engine does not answer."""

    @property
    def name(self) -> str:
        """As settings and proofs name it."""

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
        """Write one row for each row of `base` that is meant, in whatever order, to the table `into`.

        `inputs` are `base` and each view under its alias. A row holds what is kept of the label's, and of each view the
        features, `__event_<alias>` and `__known_<alias>` (TIMESTAMP, microseconds) of the row it sees: the one with the
        latest event time among those known at the label's time; of those of one event the one known last; of those the
        first by its features (ascending, missing values last). What is known at `infinity` is seen by nobody. Features
        are empty where nothing was known, or where the event lies more than `ttl_us` back; then the two times still
        tell of it. A label without a key or a time sees nothing, and comes out. `heard` is called now and then, and
        raises to end it. Rows go `through` what widens or narrows them, batch by batch, before they are written.
        """


class OnlineStore(Protocol):
    """Errors: Unavailable where the store does not answer."""

    def write(self, pairs: Iterable[tuple[bytes, bytes]], *, ttl_seconds: int | None) -> int:
        """Store values by key; how many were written."""

    def claim(self, writer: bytes, number: bytes) -> None:
        """Write down at `writer` that from now on `number` writes; Overtaken where a higher one does."""

    def check(self, writer: bytes, number: bytes) -> None:
        """Overtaken where another number writes; Forgotten where none is known any more."""

    def write_as(self, pairs: Sequence[tuple[bytes, bytes]], *, writer: bytes, number: bytes) -> int:
        """Store values by key while `number` writes, as `check` has it; how many of these keys are there afterwards.

        Whoever overtakes in between finds none of the pairs that come after.
        """

    def sweep(self, prefix: bytes, *, head: bytes, name_bytes: int) -> int:
        """Forget values that begin with something lower than `head`, of keys of so many bytes; how many there were."""

    def room_of(self, keys: Sequence[bytes]) -> int:
        """Bytes that these keys and their values take in the store."""

    def admit(self, name: str, password: str, prefixes: Sequence[bytes]) -> None:
        """Let somebody of this name read what lies under keys that begin so (without a space), and do nothing else."""

    def admitted(self, beginning: str) -> list[str]:
        """The names that were admitted and begin so."""

    def dismiss(self, names: Sequence[str]) -> None:
        """Let them read no more, also those who are reading."""

    def read(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values in the order of the keys; None where there is none."""

    def drop(self, keys: Sequence[bytes]) -> None:
        """Forget these keys."""

    def drop_beginning(self, prefix: bytes) -> int:
        """Forget every key that begins so; how many there were."""


class SampleQueue(Protocol):
    """Sealed samples of what was served, by tenant, in their order. Errors: Unavailable."""

    def put(self, tenant_id: UUID, samples: Sequence[bytes]) -> None:
        """Add samples; the oldest go where there are too many."""

    def after(self, tenant_id: UUID, place: str, limit: int) -> list[tuple[str, bytes]]:
        """The next samples behind a place (empty: from the beginning), each with its own place."""

    def forget(self, tenant_id: UUID, until: str) -> None:
        """Forget what stands up to a place, this one included."""
