"""What a plan asks of a document: that it exists, that it can run there, and that its parameters fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from golden_image import aws

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import DocumentDescriptionTypeDef, DocumentParameterTypeDef

    from golden_image.group.findings import Findings
    from golden_image.model.document import Document

_COMMAND, _ACTIVE = "Command", "Active"
_WINDOWS, _LINUX = "Windows", "Linux"


def look_up(field: str, wanted: Document, platform: str, findings: Findings) -> None:
    """Find what is wrong with a document of the input. What its content allows as values, SSM alone knows.

    Args:
        field: of the input, `prepare` or `canary`.
        platform: the instance's billing platform, such as `Linux/UNIX` or `Windows`.
    """
    try:
        found = aws.client("ssm").describe_document(Name=wanted.document)["Document"]
    except ClientError as error:
        if aws.code(error) != "InvalidDocument":
            raise
        findings.wrong(
            f"{field}.document", f"there is no document '{wanted.document}' in this account and Region"
        )
        return
    for problem in _unusable(found, platform):
        findings.wrong(f"{field}.document", f"'{wanted.document}' {problem}")
    for problem in _wrong_parameters(found.get("Parameters", []), wanted.parameters):
        findings.wrong(f"{field}.parameters", f"{problem} of '{wanted.document}'")


def _unusable(found: DocumentDescriptionTypeDef, platform: str) -> list[str]:
    kind, status = found.get("DocumentType", _COMMAND), found.get("Status", _ACTIVE)
    system = _WINDOWS if _WINDOWS in platform else _LINUX
    platforms = found.get("PlatformTypes", [system])
    problems = {
        f"is of the type {kind}, not {_COMMAND}": kind != _COMMAND,
        f"is {status}, not {_ACTIVE}": status != _ACTIVE,
        f"is for {', '.join(platforms)}, and the instance is {system}": system not in platforms,
    }
    return [problem for problem, true in problems.items() if true]


def _wrong_parameters(known: list[DocumentParameterTypeDef], given: dict[str, list[str]]) -> list[str]:
    """Names that the document does not have, those that it needs, and lists where it takes one value."""
    by_name = {one["Name"]: one for one in known}
    unknown = sorted(given.keys() - by_name.keys())
    missing = [name for name, one in by_name.items() if "DefaultValue" not in one and not given.get(name)]
    single = [
        name for name in given if by_name.get(name, {}).get("Type") == "String" and len(given[name]) != 1
    ]
    return [
        *(f"{name} is no parameter" for name in unknown),
        *(f"{name} is a required parameter" for name in missing),
        *(
            f"{name} takes one value, not {len(given[name])}: it is a parameter of the type String"
            for name in single
        ),
    ]
