"""`golden-image`: the entry point, and the table of its verbs."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

from typer.core import TyperGroup
from typer.main import get_install_completion_arguments

from golden_image_cli.problems import Problem

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter

# Each verb with its module and its line of `golden-image --help`, which imports no module.
VERBS = {
    "plan": ("planning", "Show what a run would change, and change nothing"),
    "apply": ("applying", "Run exactly the plan that is in a file"),
    "start": ("running", "Start a run: image SOURCE, and give the image to GROUP"),
    "watch": ("watching", "Show a run while it goes on"),
    "list": ("listing", "List the newest runs"),
    "show": ("listing", "Show a run: its input, and what came of it"),
    "why": ("explaining", "Explain why a run has failed, and what to do"),
    "stop": ("stopping", "Stop a run; what it has changed is undone"),
    "approve": ("operating", "Approve what a run asks"),
    "reject": ("operating", "Reject what a run asks; the run is undone"),
    "generations": ("operating", "List the images that a group had"),
    "go-back": ("operating", "Give a group one of its generations again"),
    "report": ("reporting", "Write a page that shows a run"),
    "doctor": ("examining", "Look for what would stop a run"),
}
_HELP = """Golden images of a configured EC2 instance, for an Auto Scaling group.

The stack is the one of --stack or GOLDEN_IMAGE_STACK, in the Region and with the credentials that the AWS CLI
would use. A RUN is a run's name or ARN; without it, the newest that fits."""


class Verbs(TyperGroup):
    """The group of all verbs, which imports the module of a verb when the verb is called."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002 - Click's
        """The names, in the order of help."""
        return list(VERBS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:  # noqa: ARG002 - Click's
        """The verb of that name; None where there is none."""
        if cmd_name not in VERBS:
            return None
        from golden_image_cli.calling import command  # noqa: PLC0415 - help does without

        module = import_module(f"golden_image_cli.verbs.{VERBS[cmd_name][0]}")
        return command(module.verbs, cmd_name)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:  # noqa: ARG002 - Click's
        """Write the verbs into the help, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])

    def resolve_command(self, ctx: Context, args: list[str]) -> Any:
        """Suggest what a misspelt verb may have been."""
        self.commands = dict.fromkeys(VERBS, self)  # only the names are read
        return super().resolve_command(ctx, args)


def main() -> None:
    """Run the command line of this process, and exit."""
    group = Verbs(
        name="golden-image",
        help=_HELP,
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    )
    group.params += get_install_completion_arguments()
    try:
        group.main(prog_name="golden-image")
    except Problem as problem:
        _end(problem)
    except Exception as error:
        refusal = _refusal(error) if "botocore" in sys.modules else None
        if refusal is None:
            raise
        _end(refusal)


def _refusal(error: Exception) -> Problem | None:
    from golden_image_cli.refusals import problem_of  # noqa: PLC0415 - imports botocore, as the verb has

    return problem_of(error, sandbox="--sandbox" in sys.argv)


def _end(problem: Problem) -> NoReturn:
    print(f"golden-image: {problem}", file=sys.stderr)
    sys.exit(problem.exit_code)


if __name__ == "__main__":
    main()
