from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from golden_image.api import http
from golden_image.api.executions import Run
from golden_image.errors import (
    CallerError,
    FieldError,
    GoldenImageError,
    InvalidInput,
    RequestRefused,
    UnsupportedMediaType,
)

if TYPE_CHECKING:
    from tests.unit.conftest import Context


def failing(error: Exception) -> Any:
    @http.endpoint
    def handler(_request: http.Request) -> http.Answer:
        raise error

    return handler


def body_of(answer: http.Answer) -> Any:
    assert answer["headers"]["Content-Type"] == "application/json"
    return json.loads(answer["body"])


def test_every_error_of_a_caller_has_a_status() -> None:
    assert set(CallerError.__subclasses__()) <= http.STATUS_OF_ERROR.keys()


def test_each_wrong_field_has_an_entry_in_the_answer(context: Context) -> None:
    wrong = InvalidInput(
        [FieldError("group.minSize", "must be integer"), FieldError("", "must be an object")]
    )
    answer = failing(wrong)({}, context)
    assert answer["statusCode"] == 400
    assert body_of(answer) == {
        "error": "InvalidInput",
        "message": "group.minSize: must be integer; input: must be an object",
        "fields": [
            {"field": "group.minSize", "message": "must be integer"},
            {"field": "", "message": "must be an object"},
        ],
    }


@pytest.mark.parametrize(
    ("kind", "status"), [(k, s) for k, s in http.STATUS_OF_ERROR.items() if k is not InvalidInput]
)
def test_a_named_error_is_answered_by_its_name(
    kind: type[GoldenImageError], status: int, context: Context
) -> None:
    answer = failing(kind("in words"))({}, context)
    assert answer["statusCode"] == status
    assert body_of(answer) == {"error": kind.__name__, "message": "in words"}
    assert ("Retry-After" in answer["headers"]) == (status in {429, 503})


@pytest.mark.parametrize("error", [KeyError("secret"), RequestRefused("secret"), RecursionError("secret")])
def test_any_other_error_is_answered_without_details(error: Exception, context: Context) -> None:
    answer = failing(error)({}, context)
    assert answer["statusCode"] == 500
    assert "secret" not in answer["body"]
    assert body_of(answer)["error"] == "InternalError"
    assert context.aws_request_id in body_of(answer)["message"]


@pytest.mark.parametrize("declared", [None, "application/json", "Application/JSON; charset=utf-8"])
@pytest.mark.parametrize("name", ["Content-Type", "content-type"])
def test_a_body_declared_as_json_is_read(declared: str | None, name: str) -> None:
    assert http.Request(headers={name: declared} if declared else None, body="[1]").json_body() == [1]


@pytest.mark.parametrize("declared", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_a_body_declared_as_something_else_is_refused(declared: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=declared):
        http.Request(headers={"Content-Type": declared}, body="{}").json_body()


def test_a_body_in_base64_is_decoded() -> None:
    body = base64.b64encode('{"이름": 1}'.encode()).decode()
    assert http.Request(body=body, is_base64_encoded=True).json_body() == {"이름": 1}


@pytest.mark.parametrize("declared", ["utf-16", "ISO-8859-1", '"euc-kr"'])
def test_a_body_declared_in_another_charset_is_refused(declared: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=declared.strip('"')):
        http.Request(headers={"Content-Type": f"application/json; charset={declared}"}, body="{}").json_body()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (None, "the body is empty"),
        ("", "the body is empty"),
        (" \n", "the body is empty"),
        ("{", "the body is not JSON: look at line 1, column 2"),
        ('{\n "a": hunter2}', "the body is not JSON: look at line 2, column 7"),
        ("[" * 100_000, "the body is nested too deeply"),
        ('{"group": {"maxSize": ' + "1" * 5000 + "}}", "the body has a number of 5000 digits"),
        ("1e999", "the body has a number that is too large"),
        ("[NaN]", "the body has NaN"),
        ("[-Infinity]", "the body has -Infinity"),
        ("\ufeff{}", "the body begins with a byte order mark"),
        ('{"tags": "caf\ufffd"}', "the body is not in UTF-8"),
        ('{"a": {"b": 1, "c": 2, "b": "hunter2"}}', "b: is more than once"),
        ('{"\\ud800": 1, "\\ud800": 2}', "is more than once"),
    ],
)
@pytest.mark.parametrize("in_base64", [False, True])
def test_a_body_that_no_library_takes_is_told_in_plain_words(
    body: str | None, told: str, in_base64: bool
) -> None:
    if body and in_base64:
        body = base64.b64encode(body.encode()).decode()
    with pytest.raises(InvalidInput, match=told) as refused:
        http.Request(body=body, is_base64_encoded=in_base64).json_body()
    assert not re.search("hunter2|Expecting|sys\\.|codec|recursion", str(refused.value))
    str(refused.value).encode()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("%%%", "said to be base64"),
        ("가", "said to be base64"),
        (base64.b64encode(b"\xff").decode(), "not in UTF-8"),
        (base64.b64encode('{"a": 1}'.encode("utf-16")).decode(), "not in UTF-8"),
    ],
)
def test_a_body_that_is_no_base64_of_text_is_refused(body: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        http.Request(body=body, is_base64_encoded=True).json_body()


@pytest.mark.parametrize("query", [None, {}])
def test_a_page_has_twenty_runs_unless_the_query_says_otherwise(query: Any) -> None:
    expected = {"limit": 20, "next_token": None, "status": None}
    assert http.Request(query_string_parameters=query).page_query("status") == expected
    del expected["status"]
    assert http.Request(query_string_parameters=query).page_query() == expected


def test_a_query_names_each_wrong_parameter() -> None:
    with pytest.raises(InvalidInput) as refused:
        http.Request(query_string_parameters={"limit": "0", "status": "DONE", "page": "2"}).page_query(
            "status"
        )
    assert [error.field for error in refused.value.fields] == ["page", "limit", "status"]


def test_a_list_without_a_status_refuses_one() -> None:
    with pytest.raises(InvalidInput, match="status: is not a parameter; known: limit, nextToken"):
        http.Request(query_string_parameters={"status": "RUNNING"}).page_query()


@pytest.mark.parametrize(
    ("sent", "name"),
    [("web", "web"), ("a%2Fb", "a/b"), ("50%25%20off", "50% off"), ("%EC%9B%B9", "웹"), ("a+b", "a+b")],
)
def test_a_group_is_named_by_its_path_decoded_once(sent: str, name: str) -> None:
    assert http.Request(path_parameters={"name": sent}).group_name() == name


def test_the_caller_is_who_has_signed() -> None:
    arn = "arn:aws:sts::123456789012:assumed-role/Operators/ops"
    assert http.Request(request_context={"identity": {"userArn": arn}}).caller() == arn
    assert http.Request(request_context={"identity": None}).caller() is None
    assert http.Request().caller() is None


@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "", "ten", "²", "9" * 5000])
def test_a_limit_out_of_range_is_refused(limit: str) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        http.Request(query_string_parameters={"limit": limit}).page_query()


GATEWAY = "a1b2c3d4e5.execute-api.ap-northeast-2.amazonaws.com"


def request(
    path: str, resource: str, host: str | None = GATEWAY, proto: str | None = "https"
) -> http.Request:
    headers = {name: value for name, value in (("Host", host), ("X-Forwarded-Proto", proto)) if value}
    context = {"domainName": GATEWAY, "path": path, "resourcePath": resource, "stage": "v1"}
    return http.Request(headers=headers, request_context=context)


def test_a_run_shows_what_applies_and_its_url() -> None:
    linked = http.linked(
        request("/v1/refreshes", "/refreshes"), Run("a+b", "arn", "RUNNING", state="Plan Refresh")
    )
    assert linked == {
        "name": "a+b",
        "executionArn": "arn",
        "status": "RUNNING",
        "state": "Plan Refresh",
        "links": {"self": f"https://{GATEWAY}/v1/refreshes/a%2Bb"},
    }


@pytest.mark.parametrize(
    ("asked", "url"),
    [
        (request("/v1/refreshes/web", "/refreshes/{name}"), f"https://{GATEWAY}/v1/x"),
        (request("/v1/refreshes/refreshes/", "/refreshes/{name}"), f"https://{GATEWAY}/v1/x"),
        (request("/refreshes", "/refreshes", "images.example.com"), "https://images.example.com/x"),
        (request("/ops/refreshes", "/refreshes", "images.example.com"), "https://images.example.com/ops/x"),
        (request("/a/b/refreshes/w", "/refreshes/{name}", "h:4566", "http"), "http://h:4566/a/b/x"),
        (request("/v1/refreshes", "/refreshes", None, None), f"https://{GATEWAY}/v1/x"),
        (request("/v1/refreshes", "/refreshes", "evil/?@"), f"https://{GATEWAY}/v1/x"),
    ],
)
def test_a_url_is_that_of_the_request_behind_a_stage_a_domain_and_a_base_path(
    asked: http.Request, url: str
) -> None:
    assert asked.url("/x") == url


@pytest.mark.parametrize("given", ["a+b", "a%2Bb"])
def test_a_name_in_the_path_is_decoded_whether_api_gateway_did_so_or_not(given: str) -> None:
    assert http.Request(path_parameters={"name": given}).run_name() == "a+b"
