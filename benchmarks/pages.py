"""Server time of every page, p50 and p95, on a seeded database (see seeding.py): ``python -m benchmarks.pages``.

Signs in as the admin of the largest organization and asks each page twenty times, in one process; search included.
What is kept for a while (long windows of Insights) is asked for first views too, with nothing kept: those rows say so.
Prints a table and exits 1 if any page's p95 is over 150 ms. Where the database's home is known (``python -m benchmarks
pages``), it also says what one view takes of the processor, here and in the database, which other work does not change.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

import django

from benchmarks.ground import cpu_seconds

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "makegood.config.settings")
LIMIT_MS = 150.0
TIMES = 20
FIRST_VIEW = "first view"


def main(home: Path | None = None) -> int:
    """Measure and print; return the exit status. `home` is where the embedded database lives, if it is one."""
    django.setup()
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client

    from makegood.messages.links import status_path
    from makegood.recoveries.models import Recovery
    from makegood.store.tenancy import tenant

    client = Client(headers={"host": "127.0.0.1"})
    answer = client.post("/sign-in", {"email": "admin@bench1.example", "password": "makegood"})
    if answer.status_code != 302:
        print("Seed the database first: python benchmarks/seeding.py", file=sys.stderr)
        return 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM finder.organization('bench1')")
        (organization_id,) = cursor.fetchone()
    with tenant(organization_id=organization_id):
        rows = list(Recovery.objects.filter(organization_id=organization_id).select_related("thread")[:1000:50])
        customer = rows[0].customer_id
        codes = [row.number for row in rows]
        threads = [row.thread.token for row in rows]
    pages = {
        "today": ["/", "/?whose=mine"],
        "recoveries": ["/recoveries", "/recoveries?which=closed", "/recoveries?which=overdue", "/recoveries?page=100"],
        "recovery": [f"/recoveries/R-{number}" for number in codes],
        "search": ["/customers?q=ana", "/recoveries?q=smith", "/customers?q=a"],
        "promises": ["/promises", "/promises?which=broken", "/promises?which=kept", "/promises?which=risk"],
        "incidents": ["/incidents"],
        "customer": [f"/customers/{customer}"],
        "causes": ["/causes"],
        "insights": ["/insights", "/insights?window=90", "/insights?window=all", "/insights?window=today"],
        f"insights, 28 days, {FIRST_VIEW}": ["/insights"],
        f"insights, 90 days, {FIRST_VIEW}": ["/insights?window=90"],
        f"insights, all time, {FIRST_VIEW}": ["/insights?window=all"],
        "settings": ["/settings/members", "/settings/playbook"],
        "report": ["/report"],
        "status page": [status_path(organization_id=organization_id, token=token) for token in threads],
    }
    slow = False
    print(f"{'page':32}{'n':>5}{'p50 ms':>9}{'p95 ms':>9}{'processor ms' if home else '':>14}")
    for name, addresses in pages.items():
        for address in addresses:
            client.get(address)
        took = []
        busy = sum(cpu_seconds(home)) if home else 0.0
        for number in range(TIMES):
            address = addresses[number % len(addresses)]
            if name.endswith(FIRST_VIEW):
                cache.clear()
            start = time.perf_counter()
            status = client.get(address).status_code
            took.append(1000 * (time.perf_counter() - start))
            if status != 200:
                print(f"{address} answered {status}", file=sys.stderr)
        took.sort()
        p95 = took[int(0.95 * (TIMES - 1))]
        slow = slow or p95 > LIMIT_MS
        verdict = "" if p95 <= LIMIT_MS else f"  [MISSED: p95 under {LIMIT_MS:.0f} ms]"
        used = f"{1000 * (sum(cpu_seconds(home)) - busy) / TIMES:14.1f}" if home else ""
        print(f"{name:32}{TIMES:5}{statistics.median(took):9.1f}{p95:9.1f}{used}{verdict}", flush=True)
    if not slow:
        print(f"(every page's p95 is under {LIMIT_MS:.0f} ms)")
    return int(slow)


if __name__ == "__main__":
    sys.exit(main())
