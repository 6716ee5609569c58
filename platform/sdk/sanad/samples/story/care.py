from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sanad.resource import Thing
from sanad.samples import flights, weather, web
from sanad.samples.story.stage import Stage, must

if TYPE_CHECKING:
    from sanad.demo import Figures


class Care(Stage):
    """The weather comes in by an ingestion, is held to what is expected of it, and is promised to others."""

    def ingestion(self) -> Figures:
        """January, read through a connection."""
        version = self.kept.dataset(weather.NAME) or self._read(months=1)
        must(version["row_count"] >= weather.IN_JANUARY, "not all of January's weather arrived")
        ingestion = self.scientist.ingestions.get(weather.NAME)
        return {"mode": ingestion["mode"], "cron": ingestion["cron"], "rows": version["row_count"]}

    def expectations(self) -> Figures:
        """Suggested out of January's profile, edited, tried on its rows, and kept."""
        suites = self.scientist.suites
        if kept := suites.newest(weather.NAME):
            return {"kept": len(kept["expectations"])}
        suggested = suites.suggestions(weather.NAME)
        wanted = weather.expected(suggested)
        tried = suites.attempt(weather.NAME, wanted)["results"]
        failed = [one["expected"] for one in tried if one["state"] != "passed"]
        must(not failed, f"January does not meet {failed}")
        suites.save(weather.NAME, wanted, reason="Limits of what a station can measure")
        return {"suggested": len(suggested), "kept": len(wanted)}

    def quarantine(self) -> Figures:
        """The rest of the year: what stations measured wrongly is set aside, corrected and let in."""
        quarantines = self.scientist.quarantines
        newest = self.scientist.datasets.version(weather.NAME)
        if newest["row_count"] == weather.IN_JANUARY:
            newest = self._read(months=12)
        waiting = [one for one in quarantines.list(weather.NAME) if one["row_count"]]
        aside = sum(one["row_count"] for one in waiting)
        must(newest["row_count"] + aside == weather.ROWS, f"{newest['row_count']} readings came in and {aside} did not")
        for one in waiting:
            self._give_up_what_cannot_be(one["id"])
            newest = quarantines.replay(one["id"], everything=True)
        must(newest["row_count"] == weather.ROWS, f"{newest['row_count']} of {weather.ROWS} readings are in")
        return {"set_aside": aside, "corrected": aside, "rows": newest["row_count"], "version": newest["number"]}

    def contract(self) -> Figures:
        """Columns, classes, expectations and owner, as others may rely on them."""
        self._classified(self.scientist.datasets.version(weather.NAME))
        promised = self.scientist.contracts.publish(weather.NAME)
        return {"contract": promised["number"], "columns": len(promised["schema"])}

    def _classified(self, version: Thing) -> Thing:
        """Features are made of columns of which somebody has said what they hold: these are published for anybody."""
        unsaid = [column["name"] for column in version["schema"] if not column["class"]]
        if not unsaid:
            return version
        return self.scientist.datasets.classify(version["id"], dict.fromkeys(unsaid, "public"))

    def _read(self, *, months: int) -> Thing:
        """What the source holds after so many months, by the ingestion, which reads what is new of it."""
        source = self.kept.connection(weather.SOURCE)
        # At another address the same file would be a new one.
        port = (urlsplit(source["settings"]["urls"].split()[0]).port if source else None) or 0
        with TemporaryDirectory(prefix="sanad-weather-") as folder, web.serving(Path(folder), port=port) as address:
            files = weather.in_parts(self.files[weather.NAME], Path(folder), months=months)
            ingestion = self._ingestion(source, {"urls": "\n".join(address + file for file in files)})
            return self.scientist.ingestions.run(ingestion["id"])

    def _ingestion(self, source: Thing | None, settings: dict[str, str]) -> Thing:
        """Set up once; whoever may make connections says what lies there now, and has it tried."""
        connections = self.admin.connections
        if source is None:
            source = connections.create(weather.SOURCE, "http", settings, project=flights.PROJECT)
        else:
            connections.edit(source["id"], settings=settings)
        tried = connections.test(source["id"])
        must(tried["standing"] == "well", f"the connection's test says {tried['steps']}")
        if self.scientist.datasets.find(weather.NAME):
            return self.scientist.ingestions.get(weather.NAME)
        return self.scientist.ingestions.create(
            weather.NAME,
            source["id"],
            "",
            mode="incremental",
            options=flights.MISSING,
            cron=weather.CRON,
            zone=weather.ZONE,
        )

    def _give_up_what_cannot_be(self, quarantine: str) -> None:
        rows, suite = self.scientist.quarantines.rows(quarantine)["rows"], self.scientist.suites.newest(weather.NAME)
        broken = {reason for row in rows for reason in row["reasons"]}
        for one in suite["expectations"] if suite else []:
            for column in weather.unbelieved(one) if one["id"] in broken else ():
                self.scientist.quarantines.mend(quarantine, column, None, reason=one["id"])
