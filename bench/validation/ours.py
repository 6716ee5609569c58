"""Runs under the launcher's `run`: puts the file into the lake, then holds it to the suite there.

`python -m bench.validation.ours PARQUET OUT ROWS ROUNDS` writes {"seconds": of each round, "processor": seconds of it,
"failing": counts}.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.validation.suite import expectations


def main(parquet: Path, out: Path, rows: int, rounds: int) -> int:
    import django

    django.setup()
    import pyarrow as pa
    import pyarrow.parquet as pq

    from apps.datasets.services import checked
    from apps.datasets.services.validation import Asked, measure
    from foundation import lake
    from foundation.clock import now
    from foundation.tenancy import find_tenant

    tenant = find_tenant("demo")
    tables = lake.for_tenant(tenant.pk)
    file = pq.ParquetFile(parquet)
    at = tables.write("bench_validation", pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches()))
    suite = checked(expectations(rows))
    seconds, processor, counts = list[float](), list[float](), list[int]()
    for _round in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        found = measure(suite, Asked(tenant_id=tenant.pk, tables=tables, at=at, now=now()))
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
        counts = [int(one.state != "passed") if one.failed_rows is None else one.failed_rows for one in found.results]
    tables.drop("bench_validation")
    out.write_text(json.dumps({"seconds": seconds, "processor": processor, "failing": counts}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
