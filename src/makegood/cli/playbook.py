"""`makegood playbook`: check a playbook's file, draw it on one page, print the schema of playbooks."""

from __future__ import annotations

import json
from pathlib import Path

import click

from makegood.rules.playbooks import Playbook, UnusablePlaybook, parse
from makegood.rules.playbooks.drawing import drawn
from makegood.rules.playbooks.schema import schema_text

MOST_BYTES = 256 * 1024
FILE = click.argument("file", type=click.Path(path_type=Path))


@click.group("playbook")
def playbook() -> None:
    """Work with the files that say what is done for which failure."""


@playbook.command("check")
@FILE
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(*, file: Path, as_json: bool) -> int:
    """Say whether FILE is a playbook that can be published. Exit 1 with the first error and its line when not."""
    text = _text(file)
    try:
        found = parse(text, where=file.name)
    except UnusablePlaybook as error:
        click.echo(json.dumps({"usable": False, "error": str(error)}) if as_json else str(error))
        return 1
    told = {"usable": True, "code": found.code, "title": found.title}
    click.echo(json.dumps(told) if as_json else f"{file.name}: {found.title}: fit to be published as {found.code}")
    return 0


@playbook.command("draw")
@FILE
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the SVG (default: standard output).")
def draw(*, file: Path, out: Path | None) -> int:
    """Draw FILE on one page, as SVG, to print and hang up."""
    svg = drawn(playbook=_usable(file))
    if out is None:
        click.echo(svg, nl=False)
        return 0
    try:
        out.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written ({error.strerror}): choose another place") from error
    return 0


@playbook.command("schema")
def schema() -> int:
    """Print the JSON Schema of playbooks, for editors that check and complete while one types."""
    click.echo(schema_text(), nl=False)
    return 0


def _usable(file: Path) -> Playbook:
    try:
        return parse(_text(file), where=file.name)
    except UnusablePlaybook as error:
        raise click.ClickException(f"{error}") from error


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise click.ClickException(f"{file} is too large for a playbook: give one of at most 256 KiB")
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file} is no text in UTF-8: save it as UTF-8") from error
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read ({error.strerror}): give the path of a playbook") from error
