"""DescribeImageReferences: where images are in use, as far as AWS looks.

It looks at instances, launch templates and parameters of Systems Manager, not at Auto Scaling groups nor at
launch configurations. There are no recipes of EC2 Image Builder here. Source: DescribeImageReferences in the
EC2 API Reference; AWS's words for its refusals are not known.
"""

from collections.abc import Callable, Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response
from moto.ssm.models import ssm_backends

from ec2world.wire.errors import AWSError
from ec2world.wire.pages import page

DEFAULT_DEPTH, GREATEST_DEPTH = 10, 10_000
_Options = dict[str, list[str]]


class ImageReferenceCalls(EC2Response):  # type: ignore[misc]
    """DescribeImageReferences."""

    def describe_image_references(self) -> ActionResult:
        """The instances, launch templates and parameters that name the images, in pages."""
        self.error_on_dryrun()
        image_ids = self._get_param("ImageIds", [])
        found = [
            {"ImageId": image_id, "ResourceType": kind, "Arn": f"arn:{self.partition}:{arn}"}
            for kind, options in self._asked().items()
            for image_id, arn in _FINDERS.get(kind, _nothing)(self.ec2_backend, options)
            if image_id in image_ids
        ]
        references, token = page(found, self._get_param("NextToken"), self._get_param("MaxResults"))
        return ActionResult({"ImageReferences": references, "NextToken": token})

    def _asked(self) -> dict[str, _Options]:
        """The options of each type of resource that is asked for."""
        kinds = self._get_param("ResourceTypes", [])
        if bool(kinds) == bool(self._get_param("IncludeAllResourceTypes")):
            raise AWSError(
                "InvalidParameterCombination",
                "The request must contain exactly one of IncludeAllResourceTypes and ResourceTypes.",
            )
        if not kinds:
            return {kind: {} for kind in _FINDERS}
        return {
            one["ResourceType"]: {
                option["OptionName"]: option.get("OptionValues", [])
                for option in one.get("ResourceTypeOptions", [])
            }
            for one in kinds
        }


def _nothing(_backend: Any, _options: _Options) -> Iterator[tuple[str, str]]:
    yield from ()


def _instances(backend: Any, options: _Options) -> Iterator[tuple[str, str]]:
    states = options.get("state-name", [])
    for _, instance in backend.instance_index.values():
        if not states or instance.state in states:
            yield instance.image_id, f"ec2:{_place(backend)}:instance/{instance.id}"


def _templates(backend: Any, options: _Options) -> Iterator[tuple[str, str]]:
    depth = int(options.get("version-depth", [str(DEFAULT_DEPTH)])[0])
    if not 1 <= depth <= GREATEST_DEPTH:
        raise AWSError("InvalidParameterValue", f"version-depth is 1 to {GREATEST_DEPTH}, not {depth}.")
    for template in backend.launch_templates.values():
        images = {version.data.get("ImageId") for version in template.versions[-depth:]}
        for image_id in images - {None}:
            yield image_id, f"ec2:{_place(backend)}:launch-template/{template.id}"


def _parameters(backend: Any, _options: _Options) -> Iterator[tuple[str, str]]:
    kept = ssm_backends[backend.account_id][backend.region_name]._parameters
    for name, versions in kept.items():
        if versions and versions[-1].data_type == "aws:ec2:image":
            yield versions[-1].value, f"ssm:{_place(backend)}:parameter/{name.lstrip('/')}"


def _place(backend: Any) -> str:
    return f"{backend.region_name}:{backend.account_id}"


_FINDERS: dict[str, Callable[[Any, _Options], Iterator[tuple[str, str]]]] = {
    "ec2:Instance": _instances,
    "ec2:LaunchTemplate": _templates,
    "ssm:Parameter": _parameters,
}
