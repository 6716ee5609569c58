"""A Spark of its own: a master and a worker as pyspark brings them, each a process, on this machine's own address."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.support.until import until

_MASTER = re.compile(r"Starting Spark master at (spark://\S+)")
_CLASSES = "org.apache.spark.deploy"
_SMALL = {
    "SPARK_LOCAL_IP": "127.0.0.1",
    "SPARK_DAEMON_MEMORY": "256m",
    "SPARK_DAEMON_JAVA_OPTS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
}


@contextmanager
def standalone(folder: Path):
    """The address of a master that has a worker; both are gone with the block. Logs and work lie in the folder."""
    home = Path(find_spec("pyspark").origin).parent
    started = []

    def start(name, *words):
        log = folder / f"{name}.log"
        with log.open("wb") as said:
            command = [home / "bin" / "spark-class", f"{_CLASSES}.{name.lower()}.{name}", "--host", "127.0.0.1"]
            process = subprocess.Popen(
                [*command, "--port", "0", "--webui-port", "0", *words],
                stdout=said,
                stderr=said,
                env={
                    **os.environ,
                    "SPARK_HOME": str(home),
                    "SPARK_LOCAL_IP": "127.0.0.1",
                    "SPARK_DAEMON_MEMORY": "256m",
                },
                start_new_session=True,
            )
        started.append(process)
        return log

    try:
        told = start("Master")
        master = until(lambda: _MASTER.search(told.read_text()), 180).group(1)
        log = start("Worker", "--cores", "1", "--memory", "1g", "--work-dir", str(folder / "work"), master)
        until(lambda: "Successfully registered" in log.read_text(), 180)
        yield master
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()
