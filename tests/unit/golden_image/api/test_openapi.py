from __future__ import annotations

from pathlib import Path

from openapi_spec_validator import validate
from samtranslator.yaml_helper import yaml_parse

from golden_image.api.http import STATUS_OF_ERROR
from golden_image.api.openapi import document
from golden_image.run.input_schema import schema
from tests.docs.markdown import page, rows
from tests.unit.inputs import EVERY_FIELD

# Whatever is right or wrong with a request.
SENT_WITHOUT_A_LOOK = {"403", "413", "429", "500", "503", "504"}


def test_the_document_is_valid() -> None:
    validate(document())


def test_its_routes_are_those_of_the_template() -> None:
    resources = yaml_parse(Path("template.yaml").read_text())["Resources"].values()
    functions = [resource for resource in resources if resource["Type"] == "AWS::Serverless::Function"]
    events = [event for function in functions for event in function["Properties"].get("Events", {}).values()]
    deployed = {
        (event["Properties"]["Path"], event["Properties"]["Method"].lower())
        for event in events
        if event["Type"] == "Api"
    }
    described = {
        (path, method)
        for path, methods in document()["paths"].items()
        for method in methods.keys() - {"parameters"}
    }
    assert described == deployed


def test_the_body_of_a_start_is_the_input_of_a_run() -> None:
    described = document()["components"]["schemas"]["RefreshInput"]
    assert described["properties"].keys() == schema()["properties"].keys()
    assert described["properties"].keys() == EVERY_FIELD.keys() | {"goBackTo", "planDigest"}


def test_the_body_of_a_way_back_is_what_such_an_input_takes_but_for_the_group() -> None:
    described = document()["components"]["schemas"]["WayBackInput"]
    allowed = set(schema()["then"]["propertyNames"]["enum"])
    assert described["properties"].keys() == allowed - {"autoScalingGroupName"}
    assert described["required"] == ["goBackTo"]


def test_every_error_of_the_api_is_described() -> None:
    described = {
        name
        for methods in document()["paths"].values()
        for method, route in methods.items()
        if method != "parameters"
        for answer in route["responses"].values()
        for name in answer["description"].split(" or ")
    }
    assert {kind.__name__ for kind in STATUS_OF_ERROR} <= described


def test_every_route_describes_what_every_request_may_be_answered() -> None:
    listed = rows(page("docs/reference/api.md").section("## Errors of every request"))
    told = {status: names for status, names, _ in listed if status in SENT_WITHOUT_A_LOOK}
    assert told.keys() == SENT_WITHOUT_A_LOOK
    for path, methods in document()["paths"].items():
        for method in methods.keys() - {"parameters"}:
            answers = methods[method]["responses"]
            for status, names in told.items():
                assert status in answers, (method, path, status)
                content = answers[status]["content"]["application/json"]["schema"]
                assert content == {"$ref": "#/components/schemas/Error"}
                for name in names.replace("`", "").split(", "):
                    assert name in answers[status]["description"], (method, path, status)
