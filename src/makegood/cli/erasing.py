"""`makegood erase`: whoever was erased and came back with an older database is erased again."""

from __future__ import annotations

from typing import IO

import click

from makegood.cli.database import open_database, tell
from makegood.cli.erased import known_still, list_read


@click.command()
@click.option(
    "--from",
    "named",
    type=click.File("r"),
    required=True,
    help="Who was erased, as `makegood erasures` prints and keeps it.",
)
def erase(named: IO[str]) -> int:
    """Erase again everyone whom a list of erasures names and whom the database knows.

    That is for a database that was brought back in another way than by `makegood restore`, as by point-in-time
    recovery. Each is erased with its proof, as from the console; done again it changes nothing. The exit status is 1
    where something is left of somebody that a person is to look after: the proof, on the customer's page, says what.
    """
    listed = list_read(named.read(), name=named.name)
    erased = open_still = 0
    with open_database():
        from makegood.customers.models import Customer
        from makegood.keeping.erasing import person_erase_again
        from makegood.store.clocks import now
        from makegood.store.tenancy import tenant

        for organization_id, customer_id in known_still(listed.everyone):
            with tenant(organization_id=organization_id):
                if Customer.objects.filter(id=customer_id, erased_at__isnull=False).exists():
                    continue  # as the same person as one before
                moment = now(organization_id=organization_id)
                proof = person_erase_again(organization_id=organization_id, customer_id=customer_id, now=moment)
            erased += 1
            if proof.looked.found or proof.looked.unread:
                open_still += 1
                tell(f"of customer {customer_id} something is left to look after: see the proof on their page")
    print(f"erased {erased} again of {len(listed.everyone)} who are named")
    return 1 if open_still else 0
