"""The group of all verbs, each of which is imported only when it is called."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from typer._click.shell_completion import CompletionItem
from typer.core import TyperGroup
from typer.main import get_install_completion_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer._click import Command, Context, HelpFormatter

_HELP = """Golden images of a configured EC2 instance, for an Auto Scaling group.

The stack is the one of --stack or GOLDEN_IMAGE_STACK, in the Region and with the credentials that the AWS CLI
would use. A RUN is a run's name or ARN; without it, the newest that fits."""


class Verbs(TyperGroup):
    """The group of all verbs."""

    def __init__(self, table: Mapping[str, tuple[str, str]]) -> None:
        """Of these verbs: each has its module, and its line of help."""
        super().__init__(
            name="golden-image",
            help=_HELP,
            no_args_is_help=True,
            rich_markup_mode=None,
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
        )
        self.params += get_install_completion_arguments()
        self._table = table

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - Click's
        """The names, in the order of help."""
        return list(self._table)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - Click's
        """The verb of that name; None where there is none."""
        if cmd_name not in self._table:
            return None
        from golden_image_cli.calling import command  # noqa: PLC0415 - help does without

        module = import_module(f"golden_image_cli.verbs.{self._table[cmd_name][0]}")
        return command(module.verbs, cmd_name)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - Click's
        """Write the verbs into the help, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._table.items()])

    def shell_complete(self, ctx: Context, incomplete: str) -> list[CompletionItem]:
        """Complete a verb, from the table; or an option."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=line[1])
            for name, line in self._table.items()
            if name.startswith(incomplete)
        ]

    def resolve_command(self, ctx: Context, args: list[str]) -> Any:
        """Suggest what a misspelt verb may have been."""
        self.commands = dict.fromkeys(self._table, self)  # only the names are read
        return super().resolve_command(ctx, args)
