"""Telling MLflow what happens, with the stock client: curves live and in batches, the rest when it is known."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

FLUSH_SECONDS = 0.5
# What MLflow takes in one log_batch call.
BATCH = 1000


class Tracker:
    """Logs to one MLflow run. Curves leave on a thread of their own, so that fitting never waits for the server."""

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._client = MlflowClient()
        self._waiting: queue.SimpleQueue[Metric | None] = queue.SimpleQueue()
        self._failure: Exception | None = None
        self._sender = threading.Thread(target=self._send_curves, name="curves", daemon=True)
        self._sender.start()

    def step(self, number: int, figures: Mapping[str, float]) -> None:
        now = int(time.time() * 1000)
        for name, value in figures.items():
            self._waiting.put(Metric(name, float(value), now, number))

    def params(self, params: Mapping[str, object]) -> None:
        self._client.log_batch(self._run_id, params=[Param(name, str(value)) for name, value in params.items()])

    def metrics(self, figures: Mapping[str, float]) -> None:
        now = int(time.time() * 1000)
        entries = [Metric(name, float(value), now, 0) for name, value in figures.items()]
        self._client.log_batch(self._run_id, metrics=entries)

    def artifacts(self, directory: Path, path: str) -> None:
        self._client.log_artifacts(self._run_id, str(directory), path)

    def close(self) -> None:
        """Send what is still waiting; raises what the sender met, so that no lost curve passes for a logged one."""
        self._waiting.put(None)
        self._sender.join()
        if self._failure is not None:
            raise self._failure

    def _send_curves(self) -> None:
        going_on = True
        while going_on:
            batch: list[Metric] = []
            until = time.monotonic() + FLUSH_SECONDS
            while len(batch) < BATCH and going_on and (left := until - time.monotonic()) > 0:
                try:
                    metric = self._waiting.get(timeout=left)
                except queue.Empty:
                    break
                if metric is None:
                    going_on = False
                else:
                    batch.append(metric)
            if batch and self._failure is None:
                try:
                    self._client.log_batch(self._run_id, metrics=batch)
                except Exception as error:  # noqa: BLE001  kept, and raised by close()
                    self._failure = error
