"""What rows that were put aside may have said of promises: until it is known, nobody is written to for want of it."""

from __future__ import annotations

from makegood.listen.intake.judging import Judged
from makegood.listen.models import Intake
from makegood.promises.models import Source
from makegood.promises.naming import reference_key
from makegood.promises.unread import words_doubted, words_read, words_unread
from makegood.store.clocks import now
from makegood.store.tenancy import tenant


def unread_note(*, organization_id: int, intake: Intake, found: Judged) -> bool:
    """This function will note of which promises rows were put aside; say whether each row says of which it is.

    Where one does not, any promise may be meant, so its source does not count as heard by this file. Opens its own unit
    of work, before anything is taken.
    """
    if intake.plan["kind"] != "promises" or not found.aside:
        return True
    with tenant(organization_id=organization_id):
        source_id = _source(organization_id, intake)
        if source_id is None:
            return True
        keys = {text: _key(source_id, text) for said in found.named.values() for text in said}
        there = words_unread(
            organization_id=organization_id,
            source_id=source_id,
            key_hashes=list(keys.values()),
            file_id=intake.id,
            now=now(organization_id=organization_id),
        )
    return all(any(keys[text] in there for text in found.named[number]) for number in found.unsure)


def unread_end(*, organization_id: int, intake: Intake, found: Judged) -> None:
    """This function will end the doubt about promises of which this file's rows were read. Opens its own unit of work.

    After these were taken: else a promise might break before word that it was kept.
    """
    if intake.plan["kind"] != "promises":
        return
    with tenant(organization_id=organization_id):
        source_id = _source(organization_id, intake)
        doubted = words_doubted(organization_id=organization_id, source_id=source_id) if source_id else set()
        if source_id and doubted:
            read = doubted & {_key(source_id, reference) for reference in found.read}
            words_read(organization_id=organization_id, source_id=source_id, key_hashes=read)


def _source(organization_id: int, intake: Intake) -> int | None:
    sources = Source.objects.filter(organization_id=organization_id, code=intake.plan["source"])
    return sources.values_list("id", flat=True).first()


def _key(source_id: int, reference: str) -> bytes:
    return reference_key(source_id=source_id, kind="promise", reference=reference)
