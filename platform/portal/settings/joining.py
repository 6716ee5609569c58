"""Where features are joined to labels: auto, duckdb or spark; checked when the portal starts, in words."""

from __future__ import annotations

import re

from portal.settings import environment as env

_ENGINES = ("auto", "duckdb", "spark")
_ON_THIS_MACHINE = re.compile(r"local(\[[^\]]+\])?|local-cluster\[\d+,\d+,\d+\]")
_ELSEWHERE = re.compile(r"spark://\S+:\d+|k8s://\S+|yarn")
# A folder, or a place in an object store for which Spark has its own library.
_EXCHANGE = re.compile(r"/.*|(s3a|gs)://[^/?]+.*")

FEATURES_JOIN_ENGINE = env.word("SANAD_JOIN_ENGINE", "auto")
FEATURES_SPARK_MASTER = env.word("SANAD_SPARK_MASTER")
FEATURES_SPARK_FROM_ROWS = env.number("SANAD_SPARK_FROM_ROWS", 500_000_000)
FEATURES_SPARK_EXCHANGE = env.word("SANAD_SPARK_EXCHANGE")
FEATURES_SPARK_OPTIONS = env.words("SANAD_SPARK_OPTIONS", [])
# What a driver of Spark needs of our surroundings; secrets stay here.
FEATURES_SPARK_SURROUNDINGS = env.those_set(
    *("PATH", "JAVA_HOME", "SPARK_HOME", "SPARK_CONF_DIR", "HADOOP_CONF_DIR", "KUBECONFIG", "LANG", "TZ")
)


def why_wrong(engine: str, master: str, exchange: str, options: list[str]) -> str:
    """What is wrong with these settings, in a sentence; empty where they can be meant."""
    if engine not in _ENGINES:
        return f"SANAD_JOIN_ENGINE is {engine!r}; this version knows {', '.join(_ENGINES)}."
    if engine == "spark" and not master:
        return "SANAD_JOIN_ENGINE is spark, and SANAD_SPARK_MASTER does not say where it is: name its master."
    if master and not (_ON_THIS_MACHINE.fullmatch(master) or _ELSEWHERE.fullmatch(master)):
        return (
            f"SANAD_SPARK_MASTER is {master!r}. Write it like spark://host:7077, k8s://https://host:6443 or local[4]."
        )
    if master and not exchange and _ELSEWHERE.fullmatch(master):
        return "SANAD_SPARK_EXCHANGE is not set: name a folder that Spark's executors see under the same path."
    if exchange and not _EXCHANGE.fullmatch(exchange):
        return f"SANAD_SPARK_EXCHANGE is {exchange!r}. Write the whole path of a folder, or s3a://bucket/folder."
    if unpaired := [option for option in options if "=" not in option]:
        return f"SANAD_SPARK_OPTIONS: {unpaired[0]!r} is no option. Write name=value, with commas between them."
    return ""


if _wrong := why_wrong(FEATURES_JOIN_ENGINE, FEATURES_SPARK_MASTER, FEATURES_SPARK_EXCHANGE, FEATURES_SPARK_OPTIONS):
    raise ValueError(_wrong)
