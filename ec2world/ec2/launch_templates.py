"""Launch templates whose versions keep their numbers, can be deleted, and build on one another.

Sources: CreateLaunchTemplateVersion, DeleteLaunchTemplateVersions in the EC2 API Reference.
"""

from typing import Any

from moto.ec2.exceptions import (
    InvalidLaunchTemplateIdNotFound,
    InvalidLaunchTemplateNameNotFoundError,
    InvalidLaunchTemplateNameNotFoundWithNameError,
    InvalidLaunchTemplateVersionNotFound,
)
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend, LaunchTemplateVersion

from ec2world.ec2.filters import passing
from ec2world.wire.errors import AWSError

VERSION_LIMIT = 10_000


class Template(LaunchTemplate):  # type: ignore[misc]
    """A launch template; a deleted version leaves a gap, its number is never given again."""

    def __init__(
        self,
        backend: Any,
        name: str,
        template_data: dict[str, Any],
        version_description: str | None,
        tag_spec: dict[str, dict[str, str]],
    ) -> None:
        self.versions_made = 0
        super().__init__(backend, name, template_data, version_description, tag_spec)

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags as they are now."""
        return self.get_tags()  # type: ignore[no-any-return]

    @tags.setter
    def tags(self, _: object) -> None:
        """moto remembers the tags of the creation here; they are looked up instead."""

    def create_version(self, data: dict[str, Any], description: str | None) -> LaunchTemplateVersion:
        """A new version, numbered on from the highest number that there ever was."""
        if len(self.versions) >= VERSION_LIMIT:
            raise AWSError(
                "VersionLimitExceeded",
                f"The limit of {VERSION_LIMIT} versions has been reached for {self.id}.",
            )
        self.versions_made += 1
        version = LaunchTemplateVersion(self, self.versions_made, data, description)
        self.versions.append(version)
        return version

    def get_version(self, num: Any) -> LaunchTemplateVersion:
        """The version of that number, `$Latest` or `$Default`."""
        wanted = str(num).lower()
        if wanted == "$latest":
            return self.versions[-1]
        number = str(self.default_version_number) if wanted == "$default" else wanted
        for version in self.versions:
            if str(version.number) == number:
                return version
        raise InvalidLaunchTemplateVersionNotFound(template_id=self.id, version=num)

    def default_version(self) -> LaunchTemplateVersion:
        """The version that is used where none is named."""
        return self.get_version("$Default")

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        """The value that a filter of DescribeLaunchTemplates compares."""
        if filter_name == "create-time":
            return self.create_time
        return super().get_filter_value(filter_name, method_name)


class Templates(LaunchTemplateBackend):  # type: ignore[misc]
    """moto's launch templates with versions that can go."""

    def create_launch_template(
        self,
        name: str,
        description: str | None,
        template_data: dict[str, Any],
        tag_spec: dict[str, Any],
    ) -> Template:
        """A new template and its version 1."""
        if name in self.launch_template_name_to_ids:
            raise AWSError(
                "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use."
            )
        template = Template(self, name, template_data, description, tag_spec)
        self.launch_templates[template.id] = template
        self.launch_template_name_to_ids[name] = template.id
        return template

    def find_template(self, template_id: str | None, name: str | None) -> Template:
        """The template of that id or name, of which exactly one is to be given."""
        if not template_id and not name:
            raise AWSError(
                "MissingParameter",
                "The request must contain the parameter launch template ID or launch template name",
            )
        if template_id and name:
            raise AWSError(
                "InvalidParameterCombination",
                "The request must contain exactly one of launch template ID and launch template name.",
            )
        if name:
            if name not in self.launch_template_name_to_ids:
                raise InvalidLaunchTemplateNameNotFoundWithNameError(name)
            template_id = self.launch_template_name_to_ids[name]
        if template_id not in self.launch_templates:
            raise InvalidLaunchTemplateIdNotFound(template_id)
        found: Template = self.launch_templates[template_id]
        return found

    def template_version(self, reference: dict[str, Any]) -> LaunchTemplateVersion:
        """The version that a LaunchTemplateSpecification names."""
        template = self.find_template(reference.get("LaunchTemplateId"), reference.get("LaunchTemplateName"))
        return template.get_version(reference.get("Version") or "$Default")

    def delete_launch_template(self, name: str | None, tid: str | None) -> Template:
        """Delete a template with all its versions."""
        template = self.find_template(tid, name)
        del self.launch_templates[template.id]
        del self.launch_template_name_to_ids[template.name]
        self.tags.pop(template.id, None)
        return template

    def describe_launch_templates(
        self,
        template_names: list[str] | None = None,
        template_ids: list[str] | None = None,
        filters: Any = None,
    ) -> list[Template]:
        """The templates asked for; NotFound where one of them is not there."""
        if any(name not in self.launch_template_name_to_ids for name in template_names or []):
            raise InvalidLaunchTemplateNameNotFoundError
        if template_ids or template_names:
            found = [self.find_template(one, None) for one in template_ids or []]
            found += [self.find_template(None, one) for one in template_names or []]
        else:
            found = list(self.launch_templates.values())
        return passing(found, filters, self.tags)


def version_data(template: Template, source: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """The data of a new version: `given` over the version that SourceVersion names.

    The snapshots of the source's block devices do not come along.
    """
    if source is None:
        return given
    base = dict(template.get_version(source).data)
    if "BlockDeviceMappings" in base:
        base["BlockDeviceMappings"] = [_without_snapshot(one) for one in base["BlockDeviceMappings"]]
    return {**base, **given}


def _without_snapshot(mapping: dict[str, Any]) -> dict[str, Any]:
    ebs = {name: value for name, value in mapping.get("Ebs", {}).items() if name != "SnapshotId"}
    return {**mapping, "Ebs": ebs} if "Ebs" in mapping else mapping
