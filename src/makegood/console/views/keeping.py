"""What is kept about a person: all of it as a file, and erasing them with its proof."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import orjson
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.urls import reverse

from makegood.console.desk import Desk
from makegood.console.refill import Unanswered
from makegood.console.viewmodels import ConfirmPage, Fact, Field, Form, Link, ProofPage, Table, TableRow
from makegood.console.views.frame import Screen, acts, gone_to, staff, tell
from makegood.customers.queries import CustomerFacts, customer_one
from makegood.keeping.described import BESIDE, STAYS, STAYS_OTHERWISE
from makegood.keeping.erasing import (
    Erased,
    Proof,
    erasure_foreseen,
    erasures_proved,
    person_erase,
    proof_that_tells_most,
)
from makegood.keeping.person_file import person_file
from makegood.organizations.queries import members_all, organization_facts


def _one(desk: Desk, customer_id: int) -> CustomerFacts:
    found = customer_one(organization_id=desk.organization_id, customer_id=customer_id)
    if found is None:
        raise Http404
    return found


def file_page(request: HttpRequest, desk: Desk, *, customer_id: int) -> Screen:
    """Say what the file holds before it is made."""
    one = _one(desk, customer_id)
    back = Link(label=one.called, url=reverse("customer", args=[customer_id]))
    return Screen(
        template="console/confirm.html",
        current="customers",
        page=ConfirmPage(
            title=f"Everything kept about {one.called_inside}",
            lead="Who asks what you know of them is to be given all of it, and nobody else's.",
            will=(
                "You get one zip: a page to read, the same for programs (JSON), and the files that came with forms.",
                "It holds every row that is theirs, in every table, also under who they turned out to be.",
                "Staff stand in it by first name, and addresses of anybody else are taken out.",
                "The journal keeps that it was made, when and by whom.",
            ),
            stays=(
                "What was typed may speak of others by name: read it before you hand it over.",
                "Mails, deliveries and files that were put aside belong to nobody yet, and are not in it.",
            ),
            stays_title="Before you hand it over",
            form=Form(
                key="file",
                action=reverse("customer-file", args=[customer_id]),
                submit="Make the file",
                fields=(
                    Field(
                        name="sure",
                        label="I know that it is this person who asked",
                        kind="checkbox",
                        required=True,
                    ),
                ),
                cancel=Link(label="Back", url=back.url),
            ),
            back=back,
        ),
    )


@acts(file_page)
def customer_file(request: HttpRequest, desk: Desk, *, customer_id: int) -> HttpResponse | FileResponse:
    """Give one person's data as a file."""
    _one(desk, customer_id)
    if not request.POST.get("sure"):
        raise Unanswered({"sure": "Tick that you know who asked."})
    made = person_file(
        organization_id=desk.organization_id, customer_id=customer_id, now=desk.facts.now, by=desk.member_id
    )
    return FileResponse(
        made.content,
        as_attachment=True,
        filename=made.name,
        content_type="application/zip",
        headers={"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"},
    )


def erase_page(request: HttpRequest, desk: Desk, *, customer_id: int) -> Screen:
    """Say what goes, what stays and why, before a person is forgotten."""
    one = _one(desk, customer_id)
    back = Link(label=one.called, url=reverse("customer", args=[customer_id]))
    foreseen = erasure_foreseen(organization_id=desk.organization_id, customer_id=customer_id, now=desk.facts.now)
    return Screen(
        template="console/confirm.html",
        current="customers",
        page=ConfirmPage(
            title=f"Erase {one.called_inside}?",
            lead="This cannot be undone.",
            will=(
                "Their name, addresses, messages and what they told us are blanked everywhere, in the tables below.",
                "What has not left for them yet is stopped, and the link of their page leads nowhere.",
                "Mails, deliveries and files that were put aside are emptied, as they may speak of them.",
                "Then every table is looked through for what they were known by, and the proof is kept.",
            ),
            stays=(
                "Dates, amounts and counts, without a name: books are not changed, and what you learned stays true.",
                "Keyed hashes, by which a source that sends them again is known, without saying whose they are.",
                "If they write to you again themselves, they are somebody new, of whom nothing is known from before.",
                "Backups made before carry them: see to it that a restore erases them again.",
            ),
            table=_table("What becomes of each of their rows", foreseen),
            form=Form(
                key="erase",
                action=reverse("customer-erase", args=[customer_id]),
                submit="Erase for good",
                style="danger",
                fields=(
                    Field(
                        name="typed",
                        label=f"Type “{one.called}” to say that this is the right person",
                        required=True,
                        maxlength=320,
                    ),
                ),
                cancel=Link(label="Keep them", url=back.url),
            ),
            back=back,
        ),
    )


def _table(caption: str, erased: Erased) -> Table:
    rows = [
        (
            one.title,
            one.erased,
            one.blanked,
            one.kept,
            STAYS.get(one.label, STAYS_OTHERWISE) if one.blanked + one.kept else "",
        )
        for one in erased.tables
    ]
    rows += [(BESIDE[name], 0, count, 0, "") for name, count in erased.beside.items()]
    return Table(
        caption=caption,
        head=("Table", "Deleted", "Emptied", "Stays", "What stays, and why"),
        rows=tuple(
            TableRow(cells=(title, *(f"{number:,}" for number in numbers), why)) for title, *numbers, why in rows
        ),
        numeric=(1, 2, 3),
    )


@acts(erase_page)
def customer_erased(request: HttpRequest, desk: Desk, *, customer_id: int) -> HttpResponse:
    """Forget a person, and show the proof."""
    _one(desk, customer_id)
    person_erase(
        organization_id=desk.organization_id,
        customer_id=customer_id,
        typed=request.POST.get("typed", ""),
        by=desk.member_id,
        now=desk.facts.now,
    )
    tell(request, "This person is forgotten.")
    return gone_to("customer-proof", customer_id=customer_id)


@staff
def customer_proof(request: HttpRequest, desk: Desk, *, customer_id: int) -> Screen | HttpResponse:
    """Show what was done for somebody who was erased, and give it as a file."""
    _one(desk, customer_id)
    proofs = erasures_proved(organization_id=desk.organization_id, customer_id=customer_id)
    asked = request.GET.get("entry", "")
    if not proofs:
        tell(request, "There is no proof: they were not erased, or were before proofs were kept.", tone="note")
        return gone_to("customer", customer_id=customer_id)
    if asked:
        wanted = next((one for one in proofs if str(one.entry_id) == asked), None)
        if wanted is None:
            raise Http404
        return _proof_file(desk, wanted)
    chosen = proof_that_tells_most(proofs=proofs)
    here = reverse("customer-proof", args=[customer_id])
    return Screen(
        template="console/proof.html",
        current="customers",
        page=ProofPage(
            title=f"Customer {chosen.customer_id} was erased",
            lead="This is kept in the journal, with numbers alone.",
            tone="good" if chosen.clean else "bad",
            found=_found(chosen),
            facts=_facts(desk, chosen),
            table=_table("What became of each of their rows", chosen.erased),
            files=tuple(
                Link(label=f"Download the proof of {_moment(desk, one)}", url=f"{here}?entry={one.entry_id}")
                for one in proofs
            ),
            back=Link(label="An erased customer", url=reverse("customer", args=[customer_id])),
        ),
    )


def _found(proof: Proof) -> str:
    looked = proof.looked
    if not looked.values and proof.shared:
        return "Their name is somebody else's too, and was not looked for: no table was looked through."
    if not looked.values:
        return "Nothing was left to look for them by: no table was looked through."
    said = "Every table was looked through afterwards, and nothing of them was found."
    if looked.found:
        rows = sum(map(len, looked.found.values()))
        where = "; ".join(f"{table} {', '.join(map(str, ids))}" for table, ids in looked.found.items())
        said = f"{rows} row(s) that are not theirs still name them: {where}. Look after each by hand."
    elif looked.unread:
        said = "Nothing was found where there was time to look."
    if looked.unread:
        said += (
            f" There was no time for {', '.join(looked.unread)}: what they were known by is gone by now, so look there"
            " by hand if you know it."
        )
    return said


def _facts(desk: Desk, proof: Proof) -> tuple[Fact, ...]:
    looked = proof.looked
    return (
        Fact(label="When", value=_moment(desk, proof)),
        Fact(label="By", value=_by(desk, proof)),
        Fact(
            label="Looked through",
            value=f"{looked.tables} tables, {looked.columns} columns of text, JSON and bytes",
            note="whichever the database has for this organization",
        ),
        Fact(
            label="Looked for",
            value=f"{looked.values} values",
            note="names, addresses, order numbers, and what they wrote at length"
            + (f"; {proof.shared} more are somebody else's name too" if proof.shared else ""),
        ),
    )


def _moment(desk: Desk, proof: Proof) -> str:
    return f"{proof.at.astimezone(ZoneInfo(desk.facts.zone)):%Y-%m-%d %H:%M}"


def _by(desk: Desk, proof: Proof) -> str:
    named = {one.id: one.name for one in members_all(organization_id=desk.organization_id)}
    return named.get(proof.by or 0, "nobody who is still here")


def _proof_file(desk: Desk, proof: Proof) -> HttpResponse:
    document: dict[str, Any] = {
        "format": "makegood-erasure/1",
        "organization": organization_facts(organization_id=desk.organization_id).code,
        "customer": proof.customer_id,
        "erased_at": proof.at.isoformat(),
        "by": proof.by,
        "tables": [
            {"table": one.label, "called": one.title, "deleted": one.erased, "emptied": one.blanked, "stays": one.kept}
            for one in proof.erased.tables
        ],
        "emptied_beside": dict(proof.erased.beside),
        "looked_through": {
            "tables": proof.looked.tables,
            "columns": proof.looked.columns,
            "values": proof.looked.values,
            "values_of_others_too": proof.shared,
            "not_looked_through": list(proof.looked.unread),
            "found": {table: list(ids) for table, ids in proof.looked.found.items()},
        },
    }
    return HttpResponse(
        orjson.dumps(document, option=orjson.OPT_INDENT_2),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="erasure-{proof.customer_id}-{proof.at:%Y-%m-%d}.json"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
