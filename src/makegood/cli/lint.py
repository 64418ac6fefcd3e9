"""`makegood lint`: what in the wording of an apology would cost the customer's trust."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import attrs
import click

from makegood.core import wording
from makegood.core.wording import Case, Linted
from makegood.core.wording.types import FAULTS
from makegood.rules.wording_data import wording_rules

MOST_BYTES = 64 * 1024
STANDARD_INPUT = Path("-")


@click.command("lint")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--fault", type=click.Choice(FAULTS), default="ours", show_default=True, help="Whose fault it was.")
@click.option("--fact", "facts", multiple=True, help="One of the case's own specifics; may be given again.")
@click.option("--customer", help="The customer's name, as the case has it; another one is found.")
@click.option("--amount", help="The sum that the case is about, such as £40.00; another one is found.")
@click.option("--promised", help="What was promised for when, such as 'Tuesday 3 June'; another day is found.")
@click.option("--order", help="The order's number; another one is found.")
@click.option("--what", help="What failed, in a few words; a message that shares none of them seldom says it.")
@click.option("--verified", is_flag=True, help="The improvement that is promised is verified.")
@click.option("--apologies-before", type=click.IntRange(min=0), default=0, help="Apologies sent before for this.")
@click.option("--apology/--not-apology", "is_apology", default=None, help="Judge it as one (default: as it reads).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def lint(
    *,
    file: Path | None,
    fault: str,
    facts: tuple[str, ...],
    customer: str | None,
    amount: str | None,
    promised: str | None,
    order: str | None,
    what: str | None,
    verified: bool,
    apologies_before: int,
    is_apology: bool | None,
    as_json: bool,
) -> int:
    """Say what to change in the wording of FILE (or of standard input, also as -). Exit 1 when there is something."""
    text = _text(file)
    case = Case(
        fault=fault,
        facts=facts,
        customer=customer,
        amount=amount,
        promised=promised,
        order=order,
        what=what,
        improvement_verified=verified,
        apologies_before=apologies_before,
        is_apology=is_apology,
    )
    linted = wording.lint(text=text, rules=wording_rules(), case=case)
    if as_json:
        print(json.dumps(_shape(linted), ensure_ascii=False))
    else:
        _print(text, linted)
    return 1 if linted.findings else 0


def _shape(linted: Linted) -> dict[str, object]:
    return {
        "findings": [finding.as_dict() for finding in linted.findings],
        "has_apology": linted.has_apology,
        "elements": list(linted.elements),
        "element_spans": [attrs.asdict(span) for span in linted.spans],
        "flagged": linted.flagged,
    }


def _text(file: Path | None) -> str:
    try:
        if file is None or file == STANDARD_INPUT:
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with file.open("rb") as opened:
                raw = opened.read(MOST_BYTES + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise click.UsageError(f"Unable to read {file}: {reason}. Name a text file, or pipe the text in.") from error
    if len(raw) > MOST_BYTES:
        raise click.UsageError(f"The text is larger than {MOST_BYTES // 1024} KiB; check one message at a time.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError("The text is not UTF-8; save it as UTF-8 and try again.") from error
    if wording.blank(text=text):
        raise click.UsageError("There are no words to judge: write the message first.")
    return text


def _print(text: str, linted: Linted) -> None:
    if not linted.findings:
        print("Nothing to change.")
    for finding in linted.findings:
        line = text.count("\n", 0, finding.start) + 1
        column = finding.start - (text.rfind("\n", 0, finding.start) + 1) + 1
        grounds = f" ({finding.evidence}, grade {finding.grade})" if finding.evidence else ""
        print(f"{line}:{column} {finding.severity} {finding.rule}{grounds}: {finding.message}")
        if finding.text:
            print(f"    it says: {' '.join(finding.text.split())}")
        print(f"    instead: {finding.suggestion}")
