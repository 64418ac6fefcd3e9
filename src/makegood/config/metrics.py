"""Numbers of the installation in the text format of Prometheus, asked of the database at each scrape.

So every web process tells the same, and none has to remember anything but how it answered, which the processes of one
`makegood web` remember together (`requests`). No name, code or number of an organization, a
member or a customer is in it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import accumulate

from django.http import Http404, HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from makegood.config.health import PARTS
from makegood.config.house import house_counts, house_read, may_know
from makegood.config.requests import COUNTS, SECONDS
from makegood.store.clocks import wall_now

COUNTED = {
    "organizations": "Organizations of this installation",
    "recoveries_open": "Recoveries that are open, those of sources that only watch among them",
    "recoveries_unopened": "Failures for which no recovery could be opened yet",
    "outbox_due": "Effects that are to leave now and did not yet",
    "outbox_failed": "Effects that failed and wait for a person",
    "outbox_unknown": "Effects of which nobody knows what became of them",
    "deliveries_waiting": "Webhook deliveries that are kept and not yet worked on",
    "deliveries_aside": "Webhook deliveries that could not be worked on and wait for a person",
}
"""What finder.house_counts counts."""


class Telling(Collector):
    """Asks for everything once a scrape."""

    def collect(self) -> Iterator[Metric]:
        """Yield each metric."""
        begun = time.monotonic()
        now = wall_now()
        found, counted = house_read(now=now), house_counts()
        asked = time.monotonic() - begun
        yield _labelled("build_info", "The release that runs", "version", {version("makegood"): 1})
        processes = {kind: found.processes.get(kind, 0) for kind in PARTS}
        yield _labelled("processes", "Processes that said lately that they are well", "kind", processes)
        yield _plain("work_failing", "Kinds of work that keep failing", len(found.failing))
        yield _plain("migrations_missing", "Migrations that the database still lacks", found.migrations_missing)
        yield _plain("database_seconds", "How long the database took to answer all this", asked)
        yield _plain("outbox_oldest_seconds", "For how long the oldest effect has waited", found.outbox_seconds)
        yield _plain("mailboxes_in_trouble", "Mailboxes that cannot be read", found.mailboxes_in_trouble)
        yield _plain("disk_free_bytes", "Room left where the home is", found.disk_free)
        yield _plain("disk_size_bytes", "Room there is where the home is", found.disk_size)
        if found.backup_seconds is not None:
            yield _plain("backup_age_seconds", "Age of the last backup in MAKEGOOD_BACKUPS", found.backup_seconds)
        for name, said in COUNTED.items():
            yield _plain(name, said, counted[name])
        yield _answered()


LIMITS = (*(str(one) for one in SECONDS), "+Inf")
ALWAYS = ("2xx", "5xx")
"""Told of every group, so that the first error is seen to be one more."""


def _answered() -> Metric:
    """How requests were answered; of what never was nothing is told, but for ALWAYS."""
    said = "How long answers took, by the group of the address and the status"
    family = HistogramMetricFamily("makegood_request_seconds", said, labels=["group", "status"])
    for one in COUNTS.read():
        if sum(one.counts) or one.status in ALWAYS:
            within = zip(LIMITS, accumulate(one.counts), strict=True)
            family.add_metric([one.group, one.status], [*within], one.seconds)
    return family


def _plain(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(f"makegood_{name}", said, value=value)


def _labelled(name: str, said: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(f"makegood_{name}", said, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all metrics to who may know them; to others there is no such address."""
    if not may_know(request):
        raise Http404
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Telling())
    answer = HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)
    answer.headers["Cache-Control"] = "no-store"
    return answer
