"""All parts of the gateway, put together, started and stopped in order."""

from __future__ import annotations

import asyncio
import logging
import signal
from functools import partial

from gateway.admission import Admission
from gateway.bounds import Bounds
from gateway.callers import Callers
from gateway.config import GatewayConfig
from gateway.contact import Contact
from gateway.features import FeatureKeys, Features
from gateway.forwarding import Forwarder
from gateway.front import Front
from gateway.inference import Inference
from gateway.journal import Journal
from gateway.keyring import Keyring
from gateway.keys import Keys
from gateway.live import Live
from gateway.metrics import Metrics
from gateway.origin import Origins
from gateway.portal import Portal
from gateway.problems import Problems
from gateway.rates import Rates
from gateway.refusals import Refusals
from gateway.replicas import Replicas
from gateway.shadowing import Shadows
from gateway.spill import Spill
from gateway.stats import Stats
from runtime.online import AsyncValkey
from runtime.service_tokens import Caller, pair_keys

log = logging.getLogger("gateway.house")


class House:
    """One per process, made inside its event loop."""

    def __init__(self, config: GatewayConfig) -> None:
        self.config = config
        self.stats = Stats()
        self.problems = Problems(config.docs_url)
        self.admission = Admission(config.max_in_flight, config.max_in_flight_per_deployment)
        self.portal = Portal(config.web_socket, _caller_to(config, "portal"))
        self.contact = Contact(self.portal, config.folder / "routes.json", config.poll_every_s)
        self.keys = Keys(self.portal, self.contact, config.stale_limit_s)
        self.refusals = Refusals(self.portal)
        self.keys.on_refused.append(self.refusals.note)
        self.keyring = Keyring(config.folder / "keys.json", self.keys, self.contact)
        self.replicas = Replicas(partial(_caller_to, config))
        rates = Rates()
        self.contact.on_table += [self.replicas.follow, self.stats.follow, rates.follow]
        spill = Spill(config.folder / "inference-log.spill", config.spill_bytes)
        self.journal = Journal(
            config.redis_url, spill, queue_bytes=config.queue_bytes, stream_length=config.stream_length
        )
        self.shadows = Shadows(self.replicas, self.journal, self.stats, config.reply_within_s)
        origins = Origins(config.trusted_proxies, config.public_scheme)
        predicting = Callers(config.predictions_per_second)
        self.feature_keys = FeatureKeys(self.portal, self.contact, config.stale_limit_s)
        self.feature_keys.on_refused.append(self.refusals.note)
        self.store = AsyncValkey(config.redis_url)
        self.features = Features(
            origins=origins,
            keys=self.feature_keys,
            callers=predicting,
            admission=self.admission,
            rates=rates,
            store=self.store,
            portal=self.portal,
            stats=self.stats,
            problems=self.problems,
        )
        self.inference = Inference(
            origins=origins,
            contact=self.contact,
            keys=self.keys,
            callers=predicting,
            admission=self.admission,
            rates=rates,
            forwarder=Forwarder(self.contact, self.replicas, self.stats, config.reply_within_s),
            shadows=self.shadows,
            journal=self.journal,
            stats=self.stats,
            problems=self.problems,
        )
        bounds = Bounds(config.logged_file_bytes)
        callers = Callers(config.requests_per_second, config.requests_per_second_of_address)
        self.front = Front(config.web_socket, origins, bounds, callers, self.stats, self.problems)
        self.live = Live(config.live_socket, origins, self.stats)
        self.metrics = Metrics(self.stats, self.contact, self.keys, self.journal, self.admission)
        self._loops: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        self.contact.restore()
        self.keyring.restore()
        self.front.start()
        self.live.start()
        self._loops = [asyncio.create_task(loop()) for loop in (self.contact.run, self.keyring.run, self.refusals.run)]
        for task in (*self._loops, self.journal.start()):
            task.add_done_callback(_end_if_broken)

    async def close(self) -> None:
        for task in self._loops:
            task.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        await self.shadows.close()
        await self.journal.close()
        await self.keyring.save()
        await self.refusals.close()
        await self.front.close()
        await self.live.close()
        await self.features.close()
        self.store.close()
        self.replicas.close()
        self.portal.close()


def _caller_to(config: GatewayConfig, receiver: str) -> Caller:
    return Caller("gateway", receiver, pair_keys(config.secrets, "gateway", receiver))


def _end_if_broken(task: asyncio.Task[None]) -> None:
    """A loop that ends by itself is a fault of ours, and a gateway without it would go wrong silently."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("A loop of the gateway broke; the process ends, to be started anew.", exc_info=error)
        signal.raise_signal(signal.SIGTERM)
