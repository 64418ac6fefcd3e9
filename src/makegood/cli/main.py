"""The command line: one entry, each command loaded only when it is called, errors in one line."""

from __future__ import annotations

import importlib
import sys

import click

COMMANDS: dict[str, str] = {
    "due": "makegood.cli.due:due",
    "playbook": "makegood.cli.playbook:playbook",
    "floor": "makegood.cli.floor:floor",
    "offer": "makegood.cli.offer:offer",
    "learn": "makegood.cli.learn:learn",
    "lint": "makegood.cli.lint:lint",
    "capacity": "makegood.cli.capacity:capacity",
    "mail": "makegood.cli.mail:mail",
    "backup": "makegood.cli.backup:backup",
    "erasures": "makegood.cli.backup:erasures",
    "erase": "makegood.cli.erasing:erase",
    "restore": "makegood.cli.restore:restore",
    "doctor": "makegood.cli.doctor:doctor",
    "recount": "makegood.cli.recount:recount",
    "migrate": "makegood.cli.migrate:migrate",
    "shadow": "makegood.cli.shadow:shadow",
    "serve": "makegood.cli.serve:serve",
    "web": "makegood.cli.web:web",
    "worker": "makegood.cli.worker:worker",
    "tick": "makegood.cli.tick:tick",
    "replay": "makegood.cli.replay:replay",
    "import": "makegood.cli.importing:import_",
    "demo": "makegood.cli.demo.command:demo",
    "demo-day": "makegood.cli.demo.command:demo_day",
}


class Lazy(click.Group):
    """A group whose commands are imported by name, so that `makegood due` does not wait for Django."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="makegood")
def cli() -> None:
    """Makegood sees that a customer whom a business has failed gets put right."""


def main() -> None:
    """Run the command line; exit 0 fine, 1 found something, 2 unusable input (one line on stderr, or all the help)."""
    try:
        status = cli(standalone_mode=False)
    except click.Abort:
        sys.exit(130)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        sys.exit(2)
    except click.ClickException as error:
        print(f"makegood: {error.format_message()}".replace("\n", " "), file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    sys.exit(status if isinstance(status, int) else 0)
