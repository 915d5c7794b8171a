"""What every verb takes beside its own: which stack, whose account, and how to answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.main import get_group, get_params_convertors_ctx_param_name_from_function

from golden_image_cli import stack
from golden_image_cli.problems import WRONG_CALL, Problem
from golden_image_cli.sdk import Account

if TYPE_CHECKING:
    from typer._click import Command, Context, Parameter

    from golden_image_cli.stack import Stack


@dataclass
class Call:
    """How a verb was called."""

    stack_name: str | None = None
    sandbox: bool = False
    profile: str | None = None
    region: str | None = None
    json: bool = False

    def stack(self) -> Stack:
        """The stack that it is about.

        Raises:
            Problem: none is named, or both a stack and a sandbox, or there is no sandbox.
        """
        if not self.sandbox:
            return stack.find(self.stack_name, Account(self.profile, self.region))
        if self.stack_name or self.profile or self.region:
            raise Problem("--sandbox takes no --stack, --profile or --region: leave them out", WRONG_CALL)
        return stack.of_sandbox()


def call_of(context: typer.Context) -> Call:
    """How this verb was called."""
    call: Call = context.ensure_object(Call)
    return call


def verbs() -> typer.Typer:
    """What a module of verbs collects them in."""
    return typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def command(module_verbs: typer.Typer, name: str) -> Command:
    """The command of a module's verb, with the options of every verb."""
    found = get_group(module_verbs).commands[name]
    found.params += _every_verbs_options()
    return found


def _every_verbs_options() -> list[Parameter]:
    params, _, _ = get_params_convertors_ctx_param_name_from_function(_options)
    for param in params:
        param.expose_value, param.callback = False, _kept
    return params  # type: ignore[return-value]


def _options(  # the signature alone is read
    stack_name: Annotated[
        str | None, typer.Option("--stack", metavar="NAME", help=f"The stack; default: ${stack.VARIABLE}.")
    ] = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="The sandbox of this folder instead.")] = False,
    profile: Annotated[str | None, typer.Option(metavar="NAME", help="The profile of credentials.")] = None,
    region: Annotated[str | None, typer.Option(metavar="NAME", help="The Region of the stack.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")] = False,
) -> None: ...


def _kept(context: Context, param: Parameter, value: Any) -> Any:
    setattr(context.ensure_object(Call), str(param.name), value)
    return value
