"""`makegood mail FILE...`: read mails and print one JSON line each."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from makegood.listen.mail import SIZE_LIMIT, parse
from makegood.listen.mail_decoding import fit


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--json", "_as_json", is_flag=True, help="JSON lines; this command prints nothing else.")
def mail(files: tuple[Path, ...], *, _as_json: bool) -> int:
    """Read RFC 822 mails: sender, new text, kind, threading ids, attachments and defects, one JSON line each.

    A file that is no mail still gets its line, which says what is wrong with it; a file that cannot be read is named on
    stderr, and the exit status is 2. At most 25 MiB of each file are read.
    """
    out = sys.stdout.buffer  # bytes, so that the terminal's encoding cannot spoil the lines
    unreadable: list[str] = []
    for file in files:
        try:
            with file.open("rb") as stream:
                raw = stream.read(SIZE_LIMIT + 1)
        except (OSError, ValueError) as error:
            unreadable.append(f"{file} ({getattr(error, 'strerror', None) or error})")
            continue
        line = {"file": fit(str(file)), **parse(raw).as_dict()}
        out.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    out.flush()
    if unreadable:
        raise click.ClickException(fit(f"cannot read {', '.join(unreadable)}: name files that exist and may be read"))
    return 0
