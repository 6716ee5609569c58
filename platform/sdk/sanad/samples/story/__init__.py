"""The way of one model, told with the flights: each step does what is missing, so that a walk cut short can go on."""

from sanad.samples.story.steps import Story, walk

__all__ = ["Story", "walk"]
