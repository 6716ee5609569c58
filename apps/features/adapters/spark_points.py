"""What runs on Spark, as a program of its own: which moment each label sees, found among whole numbers alone.

It is started with one JSON object on its standard input: `points` and `found` (URLs of folders), `views` (how many),
`master` and `options` (Spark's). Below `points` lies a folder of Parquet for each view, `key, moment, n` (BIGINT): rows
of the view have no `n`, labels carry their number. It writes `n, s0, s1 …`: the latest moment of each view that a label
sees.
"""

from __future__ import annotations

import json
import sys
from typing import Any

# Said, since of no label and no row nothing is written that would say it.
_POINTS = "key BIGINT, moment BIGINT, n BIGINT"
_LATEST = """
SELECT n, seen AS s{index} FROM (
  SELECT n, last(CASE WHEN n IS NULL THEN moment END, true) OVER (
    PARTITION BY key ORDER BY moment, n IS NOT NULL ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS seen
  FROM v{index}
) WHERE n IS NOT NULL AND seen IS NOT NULL
"""


def main() -> None:
    from pyspark.sql import SparkSession

    asked: dict[str, Any] = json.load(sys.stdin)
    builder = SparkSession.builder.master(asked["master"]).appName("point-in-time join")
    for name, value in asked["options"].items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    try:
        found = None
        for index in range(asked["views"]):
            spark.read.schema(_POINTS).parquet(f"{asked['points']}/v{index}").createOrReplaceTempView(f"v{index}")
            one = spark.sql(_LATEST.format(index=index))
            found = one if found is None else found.join(one, "n", "full")
        if found is not None:
            found.write.parquet(asked["found"])
    finally:
        spark.stop()


if __name__ == "__main__":
    main()
