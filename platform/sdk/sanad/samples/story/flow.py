from __future__ import annotations

from typing import TYPE_CHECKING

from sanad.resource import Thing
from sanad.samples import departures, weather
from sanad.samples.story.stage import Stage, must
from sanad.transport import unmade, wait_for

if TYPE_CHECKING:
    from sanad.demo import Figures


class Flow(Stage):
    """What moves by itself: SQL that follows its input, events as they come, and the way back from any of it."""

    def transformation(self) -> Figures:
        """A day's weather in one row, made anew with each version of the weather."""
        transformations = self.scientist.transformations
        made = self.kept.transformation(weather.BY_DAY) or transformations.create(
            weather.BY_DAY, sql=weather.BY_DAY_SQL, output=weather.BY_DAY
        )
        if not transformations.passes(made["id"]):
            transformations.run(made["id"])
        made = wait_for(
            lambda: self.scientist.transformations.get(made["id"]),
            lambda found: found["last_state"] == "succeeded",
            failed=lambda found: found["last_note"] if found["last_state"] in {"failed", "skipped"} else None,
            timeout_s=120,
            what="The day's weather",
        )
        days = self.scientist.datasets.version(weather.BY_DAY)
        must(days["row_count"] == weather.DAYS, f"{days['row_count']} days of weather, not {weather.DAYS}")
        return {"trigger": made["definition"]["trigger"], "rows": days["row_count"]}

    def stream(self) -> Figures:
        """Departures as the gates would report them; each is taken once, and a version is cut out of them."""
        streams = self.scientist.streams
        stream = self.kept.stream(departures.NAME) or streams.create(
            departures.NAME, columns=departures.COLUMNS, event_time=departures.EVENT_TIME
        )
        if not stream["rows"]:
            told = streams.push(stream["id"], departures.events(self.files["flights"]))
            refused = [(one["index"], one["column"]) for one in told["rejected"]]
            must(refused == [(departures.SOUND, "origin")], f"of the events these were refused: {told['rejected']}")
        stream = wait_for(
            lambda: streams.get(stream["id"]),
            lambda found: found["rows"] >= departures.SOUND,
            failed=lambda found: found["failure"] or None,
            timeout_s=60,
            what="The stream",
        )
        cut = self.kept.dataset(departures.NAME) or self._cut(stream)
        must(cut["row_count"] == departures.SOUND, f"{cut['row_count']} of {departures.SOUND} events became rows")
        return {"accepted": stream["rows"], "refused": departures.FAULTY, "rows": cut["row_count"]}

    def _cut(self, stream: Thing) -> Thing:
        begun = self.scientist.streams.cut(stream["id"])
        return wait_for(
            lambda: self.scientist.datasets.version(begun["version"]),
            lambda found: found["state"] == "ready",
            failed=unmade,
            timeout_s=120,
            what="The version of the stream",
        )

    def lineage(self) -> Figures:
        """From where the weather lies to the endpoint that answers with it."""
        graph = self.scientist.datasets.lineage(weather.NAME)
        path = _path(graph, "connection", "deployment")
        must(path, f"no way leads from the source to the endpoint among {len(graph['nodes'])} things")
        broken = [edge["broken"] for edge in graph["edges"] if edge["broken"]]
        must(not broken, f"links of the lineage cannot be proven: {broken}")
        return {"things": len(graph["nodes"]), "links": len(graph["edges"]), "path": " > ".join(path)}


def _path(graph: Thing, start: str, end: str) -> list[str]:
    """Names on a shortest way along the edges between nodes of two kinds; none where there is no way."""
    nodes = {node["key"]: node for node in graph["nodes"]}
    ways = [[key] for key, node in nodes.items() if node["kind"] == start]
    met = {way[-1] for way in ways}
    for way in ways:  # grows while it is walked
        if nodes[way[-1]]["kind"] == end:
            return [nodes[key]["name"] for key in way]
        ahead = [edge["end"] for edge in graph["edges"] if edge["start"] == way[-1] and edge["end"] not in met]
        met.update(ahead)
        ways += [[*way, key] for key in ahead]
    return []
