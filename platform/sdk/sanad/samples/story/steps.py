from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sanad.client import Client
from sanad.samples.story.data import Data
from sanad.samples.story.features import Features
from sanad.samples.story.landing import Landing
from sanad.samples.story.models import Models
from sanad.samples.story.proof import Proof
from sanad.samples.story.serving import Serving

if TYPE_CHECKING:
    from sanad.demo import Walk


class Story(Data, Landing, Features, Models, Serving, Proof):
    """All steps; what they hand on to each other lies in `made`."""

    def begin(self) -> None:
        self.walk.step("1 tenant, project, people", self.project)

    def bring_the_weather(self) -> None:
        """As data comes where people work: by itself, checked, and with a promise."""
        self.walk.step("2 ingestion", self.ingestion)
        self.walk.step("2 expectations", self.expectations)
        self.walk.step("2 quarantine, corrected and replayed", self.quarantine)
        self.walk.step("2 classes and contract", self.contract)

    def as_far_as_a_run(self) -> None:
        self.walk.step("2 datasets", self.datasets)
        self.walk.step("3 flights of 2013 as a stream, windows over it", self.windows)
        self.walk.step("3 features", self.features)
        self.walk.step("3 training set with leakage proof", self.training_sets)
        self.walk.step("4 run", self.run)

    def as_far_as_an_endpoint(self) -> None:
        self.walk.step("5 model version", self.register)
        self.walk.step("6 approval", self.approve)
        self.walk.step("7 deployment", self.deploy)


def walk(walk: Walk, people: dict[str, Client], home: Path, *, serve_only: bool) -> None:
    """The ten steps; with `serve_only` as far as a model that serves, with the weather out of its file."""
    story = Story(walk, people, home)
    story.begin()
    if serve_only:
        story.as_far_as_a_run()
        story.as_far_as_an_endpoint()
        walk.step("8 replay of July to December", story.replay)
        return
    story.bring_the_weather()
    story.as_far_as_a_run()
    walk.step("4 run again", story.repeat)
    story.as_far_as_an_endpoint()
    walk.step("7 bad input is refused", story.refuse_bad_input)
    walk.step("8 transformation", story.transformation)
    walk.step("8 stream", story.stream)
    walk.step("8 landed flights, served as joined", story.landing)
    walk.step("8 asked by keys alone", story.by_keys)
    walk.step("8 monitoring", story.monitor)
    walk.step("9 lineage", story.lineage)
    walk.step("9 report and proof", story.report)
    walk.step("10 cost, access and keys", story.house)
