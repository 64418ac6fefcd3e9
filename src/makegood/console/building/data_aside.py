"""Rows of a file that are wrong: what follows before it is imported, and where they are until somebody sees to them."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from makegood.console.viewmodels import Action, Fact, Link, SettingsSection
from makegood.listen.intake.apart import MOST_WRONG
from makegood.listen.intake.queries import IntakeFacts


def rows_said(count: int) -> str:
    """This function will say so many rows."""
    return f"{count:,} row{'' if count == 1 else 's'}"


def lead_said(refused: int, *, waits: bool, aside: int) -> str:
    """This function will say what follows from so many rows that are wrong."""
    if not refused:
        return "Nothing is wrong and nothing is written yet."
    are, them = ("is", "it") if refused == 1 else ("are", "them")
    if waits:
        return (
            f"{rows_said(refused)} {are} wrong, so nothing of the file is taken: more than a tenth of it, or more than"
            f" {MOST_WRONG:,} rows, or all others belong to a wrong one. Most likely it is another file, or a column is"
            f" another than was said. Look at its columns, or mend {them} and bring it again."
        )
    wait = "waits" if aside == 1 else "wait"
    return (
        f"{rows_said(refused)} {are} wrong. Mend {them} and bring it again; or import all but {rows_said(aside)}, which"
        f" {wait} here, to be downloaded, mended and brought again. Nothing is written yet."
    )


def aside_sections(one: IntakeFacts) -> tuple[SettingsSection, ...]:
    """This function will show the rows of a file that were put aside, while they are kept and after."""
    aside: Sequence[int] = one.result.get("aside", ())
    if not aside:
        return ()
    if not one.unseen:
        lead = "Somebody has seen to what was put aside: nothing of it is kept here."
        return (SettingsSection(title=f"{rows_said(len(aside))} put aside", key="aside", lead=lead),)
    numbers = ", ".join(f"{number:,}" for number in aside[:20]) + (" and more" if len(aside) > 20 else "")
    mend = (
        "Download them, mend them and bring that file, or mend them where the file comes from: what is in already stays"
        " as it is."
        if one.kept
        else "Somebody was erased while they waited, so what they held is gone: mend them where the file comes from."
    )
    doubt = (
        " Orders of theirs that are known already are not counted as late by themselves until then: a person decides."
        if one.plan["kind"] == "promises"
        else ""
    )
    unheard = (
        " One of them does not say which order it is of, so what is late is judged only once the next file came."
        if one.result.get("unheard")
        else ""
    )
    address = reverse("data-report", args=[one.id])
    return (
        SettingsSection(
            title=f"{rows_said(len(aside))} put aside",
            key="aside",
            danger=True,
            lead=f"All others are in. {mend}{doubt}{unheard}",
            facts=(Fact(label="Which", value=f"Row {numbers}" if len(aside) == 1 else f"Rows {numbers}"),),
            links=(Link(label="Download these rows", url=f"{address}?rows=1"),) if one.kept else (),
            actions=(_seen_to(one),),
        ),
    )


def unseen_sections(one: IntakeFacts) -> tuple[SettingsSection, ...]:
    """This function will say that a file from the folder failed and nobody has seen to it yet."""
    if not one.unseen:
        return ()
    lead = "Leave it in the folder again once it is mended. It stands on Today until somebody has seen to it."
    return (SettingsSection(title="Nobody has seen to it yet", key="unseen", lead=lead, actions=(_seen_to(one),)),)


def _seen_to(one: IntakeFacts) -> Action:
    return Action(label="I have seen to it", url=reverse("data-file-act", args=[one.id, "seen"]), style="go")
