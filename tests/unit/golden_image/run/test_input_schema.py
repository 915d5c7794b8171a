from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
from jsonschema import Draft7Validator

from golden_image.run.input_schema import schema, wrong_fields


def described(part: dict[str, Any], path: str = "") -> dict[str, dict[str, Any]]:
    """Every field and section of the schema by its path."""
    fields = {f"{path}.{key}".lstrip("."): field for key, field in part.get("properties", {}).items()}
    return fields | {
        inner: field for outer, sub in fields.items() for inner, field in described(sub, outer).items()
    }


FIELDS = described(schema())


def in_place(path: str, value: object) -> object:
    """The value of a top-level field in which `value` stands at `path`, beside what has to be there."""
    outer, _, key = path.rpartition(".")
    if not outer:
        return value
    beside = {name: FIELDS[f"{outer}.{name}"]["examples"][0] for name in FIELDS[outer].get("required", ())}
    return in_place(outer, {**beside, key: value})


def model(service: str, shape: str) -> Any:
    client = boto3.client(service, region_name="us-east-1")
    return client.meta.service_model.shape_for(shape)


def test_the_schema_is_one() -> None:
    Draft7Validator.check_schema(schema())


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_says_what_it_is(path: str) -> None:
    assert FIELDS[path]["title"]
    assert FIELDS[path]["description"].endswith((".", "_"))


@pytest.mark.parametrize("path", FIELDS)
def test_examples_and_defaults_are_valid_themselves(path: str) -> None:
    field = FIELDS[path]
    values = [*field.get("examples", [])]
    values += [
        field[name]
        for name in ("default", "x-defaultForNewGroup", "x-defaultForNewTemplate")
        if name in field
    ]
    top = path.split(".", maxsplit=1)[0]
    wrong = [error for value in values for error in wrong_fields(in_place(path, value), top)]
    # The section may require another field beside it.
    assert [error for error in wrong if not error.message.startswith("is required")] == []


def test_no_object_takes_a_key_that_is_not_listed() -> None:
    objects = [schema(), *(field for field in FIELDS.values() if "properties" in field)]
    assert all(part["additionalProperties"] is False for part in objects)


def test_launch_template_names_are_those_of_ec2() -> None:
    shape = model("ec2", "LaunchTemplateName")
    field = FIELDS["launchTemplateName"]
    assert (field["minLength"], field["maxLength"]) == (shape.metadata["min"], shape.metadata["max"])
    allowed = re.compile(shape.metadata["pattern"])
    for character in map(chr, range(0x20, 0x7F)):
        accepted = not wrong_fields(character * 3, "launchTemplateName")
        assert accepted == bool(allowed.fullmatch(character)), character


def test_every_instance_type_of_ec2_is_accepted() -> None:
    refused = [
        name
        for name in model("ec2", "InstanceType").enum
        if wrong_fields({"instanceType": name}, "launchTemplate")
    ]
    assert not refused


def test_names_and_descriptions_have_the_lengths_of_aws() -> None:
    for path, service, shape in [
        ("image.name", "ec2", "ImageNameRequest"),
        ("image.description", "ec2", "ImageDescriptionRequest"),
        ("autoScalingGroupName", "autoscaling", "XmlStringMaxLen255"),
    ]:
        limits = model(service, shape).metadata
        field = FIELDS[path]
        assert (field.get("minLength", 0), field["maxLength"]) == (limits["min"], limits["max"]), path
