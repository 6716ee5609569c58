"""What Prometheus reads. Names of tenants and deployments are told only to those who may know them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric

from gateway.admission import Admission
from gateway.contact import Contact
from gateway.journal import Journal
from gateway.keys import Keys
from gateway.stats import LATENCY_BOUNDS, Histogram, Stats

VERSION = "0.1.0"
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Built from the live counters when asked, so that counting costs the requests nothing more."""

    def __init__(self, stats: Stats, contact: Contact, keys: Keys, journal: Journal, admission: Admission) -> None:
        self._stats = stats
        self._contact = contact
        self._keys = keys
        self._journal = journal
        self._admission = admission

    def text(self, *, detailed: bool) -> bytes:
        """The text exposition; `detailed` with a series for each deployment."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Once(self, detailed))
        return generate_latest(registry)

    def families(self, *, detailed: bool) -> Iterator[Metric]:
        yield InfoMetricFamily("sanad_gateway", "The gateway's version.", value={"version": VERSION})
        yield from self._inference(detailed)
        yield from self._passing()
        yield from self._journal_families()
        yield from self._contact_families()

    def _inference(self, detailed: bool) -> Iterator[Metric]:
        names = ["tenant", "deployment"] if detailed else []
        requests = CounterMetricFamily(
            "sanad_inference_requests", "Answers of revisions, by class of status.", labels=[*names, "status"]
        )
        for (*series, status), count in _summed(self._stats.statuses, detailed).items():
            requests.add_metric([*series, f"{status}xx"], count)
        yield requests
        latency = HistogramMetricFamily(
            "sanad_inference_latency_seconds", "From the request to the last byte of its answer.", labels=names
        )
        for labels, histogram in _merged(self._stats.latencies, detailed).items():
            latency.add_metric(list(labels), _buckets(histogram), histogram.total)
        yield latency
        yield _counter("sanad_inference_retries", "Requests asked again of another replica.", self._stats.retries)
        dropped = self._stats.shadows_dropped
        yield _counter("sanad_inference_shadow_copies_dropped", "Copies that found no room.", dropped)

    def _passing(self) -> Iterator[Metric]:
        stats = self._stats
        passed = CounterMetricFamily("sanad_gateway_requests", "What was proxied.", labels=["kind", "status"])
        for (kind, status), count in stats.kinds.items():
            passed.add_metric([kind, f"{status}xx"], count)
        yield passed
        latency = HistogramMetricFamily(
            "sanad_gateway_latency_seconds", "Duration of what was proxied.", labels=["kind"]
        )
        for kind, histogram in stats.kind_latencies.items():
            latency.add_metric([kind], _buckets(histogram), histogram.total)
        yield latency
        refused = CounterMetricFamily("sanad_gateway_refusals", "Requests refused here, by reason.", labels=["reason"])
        for reason, count in stats.refusals.items():
            refused.add_metric([reason], count)
        yield refused
        checks = CounterMetricFamily("sanad_gateway_key_checks", "Questions about API keys.", labels=["result"])
        for result, count in self._keys.checks.items():
            checks.add_metric([result], count)
        yield checks
        yield _gauge("sanad_gateway_in_flight_requests", "Predictions in work.", self._admission.in_flight)
        yield _gauge("sanad_gateway_websockets", "Websockets open.", stats.websockets)

    def _journal_families(self) -> Iterator[Metric]:
        journal = self._journal
        entries = CounterMetricFamily("sanad_inference_log_entries", "What became of entries.", labels=["fate"])
        for fate, count in journal.fates.items():
            entries.add_metric([fate], count)
        yield entries
        yield _gauge("sanad_inference_log_queue_entries", "Entries waiting in memory.", journal.queued)
        yield _gauge("sanad_inference_log_queue_bytes", "What they take.", journal.queued_bytes)
        yield _gauge("sanad_inference_log_spill_bytes", "Entries waiting on disk.", journal.spilled_bytes)

    def _contact_families(self) -> Iterator[Metric]:
        contact = self._contact
        yield _gauge("sanad_gateway_portal_away", "1 while the portal does not answer.", int(contact.is_lost))
        yield _gauge("sanad_gateway_keys_stale", "1 when keys are too long unconfirmed to be used.", self._keys.stale)
        yield _gauge("sanad_gateway_contact_age_seconds", "Since the portal last answered.", contact.age_s())
        yield _gauge("sanad_gateway_routes", "Deployments served.", len(contact.table.routes))


class _Once:
    def __init__(self, metrics: Metrics, detailed: bool) -> None:
        self._metrics = metrics
        self._detailed = detailed

    def collect(self) -> Iterator[Metric]:
        return self._metrics.families(detailed=self._detailed)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=value)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _summed(statuses: dict[tuple[str, int], int], detailed: bool) -> dict[tuple[str, ...], int]:
    summed: dict[tuple[str, ...], int] = {}
    for (route, status), count in statuses.items():
        key = (*route.split("/", 1), str(status)) if detailed else (str(status),)
        summed[key] = summed.get(key, 0) + count
    return summed


def _merged(histograms: dict[str, Histogram], detailed: bool) -> dict[tuple[str, ...], Histogram]:
    if detailed:
        return {tuple(route.split("/", 1)): histogram for route, histogram in histograms.items()}
    merged = Histogram()
    for histogram in histograms.values():
        merged.counts = [ours + theirs for ours, theirs in zip(merged.counts, histogram.counts, strict=True)]
        merged.total += histogram.total
    return {(): merged}


def _buckets(histogram: Histogram) -> list[tuple[str, float]]:
    bounds = [*(str(bound) for bound in LATENCY_BOUNDS), "+Inf"]
    return list(zip(bounds, accumulate(histogram.counts), strict=True))
