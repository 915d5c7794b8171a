"""What the questions conclude from an answer of AWS, by answers that are and are not about what was asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from acceptance import questions
from acceptance.account import NotInTimeError
from acceptance.evidence import DIFFERENT, YES, Evidence
from acceptance.names import PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = f"{PREFIX}0123abcd"
IMAGE = "ami-0123456789abcdef0"
TARGETS = f"arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{NAME[-8:]}/0123456789abcdef"
TOPIC = f"arn:aws:sns:us-west-2:123456789012:{NAME}"
FULLY_FORMED = "You must use a valid fully-formed launch template."
NO_VERSION = "Could not find the specified version 99 for the launch template with ID lt-1."
NO_PROFILE = f"{FULLY_FORMED} Value ({NAME}-profile) for parameter iamInstanceProfile.name is invalid."
# The questions that an update of the group answers.
PROFILE, VERSION = questions.unknown_profile, questions.new_tags


def refusal(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Services:
    """Clients of which each call answers what a test queues for it, or nothing."""

    def __init__(self, **answers: Any) -> None:
        self._answers = {name: list(many) for name, many in answers.items()}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**_given: Any) -> Any:
            queued = self._answers.get(name)
            answer = queued.pop(0) if queued else {}
            if isinstance(answer, ClientError):
                raise answer
            return answer

        return call


class Somewhere:
    """An account with such services, which waits for nothing."""

    number, region, partition, pace = "123456789012", "us-east-1", "aws", 1.0

    def __init__(self, services: Services, body: str = "") -> None:
        self._services = services
        self._body = body

    def aws(self, _service: str) -> Services:
        return self._services

    def call_api(self, *_given: object) -> tuple[int, str]:
        return 400, self._body

    def until(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        if not any(condition() for _ in range(5)):
            raise NotInTimeError(f"{what}: not within {seconds:.0f} s")


def evidence(body: str = "", **answers: Any) -> Evidence:
    stack = SimpleNamespace(name=NAME, outputs={"ApiUrl": "https://x/"})
    return Evidence(Somewhere(Services(**answers), body), stack, {"linux": "i-1"}, [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "message", "verdict"),
    [
        (
            "ValidationError",
            "Provided Target Groups may not be valid. Please ensure they exist and try again.",
            YES,
        ),
        ("ValidationError", "AutoScalingGroup name not found - no such group", DIFFERENT),
        ("ValidationError", f"Value '[{TARGETS}]' failed to satisfy a constraint", DIFFERENT),
        ("AccessDenied", "not authorized to attach a target group", DIFFERENT),
    ],
)
def test_only_a_refusal_of_the_target_group_answers(code: str, message: str, verdict: str) -> None:
    found = evidence(attach_load_balancer_target_groups=[refusal(code, message)])

    assert questions.target_group(found).verdict == verdict


@pytest.mark.parametrize(
    ("code", "message", "verdict"),
    [
        ("ValidationError", f"Unable to publish test message to notification target {TOPIC}.", YES),
        ("ValidationError", "The topic is of another Region", YES),
        ("ValidationError", "AutoScalingGroup name not found - no such group", DIFFERENT),
        ("AccessDenied", "not authorized to perform: autoscaling:PutNotificationConfiguration", DIFFERENT),
        ("AccessDenied", f"not authorized to perform: sns:Publish on the topic {TOPIC}", DIFFERENT),
        ("Throttling", "Rate exceeded", DIFFERENT),
    ],
)
def test_only_a_refusal_of_the_topic_answers(code: str, message: str, verdict: str) -> None:
    found = evidence(put_notification_configuration=[refusal(code, message)])

    assert questions.foreign_topic(found).verdict == verdict


@pytest.mark.parametrize(
    ("ask", "code", "message", "verdict"),
    [
        (PROFILE, "ValidationError", f"{NO_PROFILE} Invalid IAM Instance Profile name", YES),
        (PROFILE, "ValidationError", f"{FULLY_FORMED} {NO_VERSION}", DIFFERENT),
        (PROFILE, "ValidationError", "The image id 'ami-1' does not exist", DIFFERENT),
        (
            PROFILE,
            "AccessDenied",
            "not authorized for the launch template or its instance profile",
            DIFFERENT,
        ),
        (PROFILE, "ValidationError", "AutoScalingGroup name not found - no such group", DIFFERENT),
        (VERSION, "ValidationError", f"{FULLY_FORMED} {NO_VERSION}", YES),
        (VERSION, "ValidationError", f"{NO_PROFILE} Invalid IAM Instance Profile name", DIFFERENT),
        (VERSION, "AccessDenied", "not authorized to use the launch template", DIFFERENT),
        (VERSION, "ValidationError", "AutoScalingGroup name not found - no such group", DIFFERENT),
    ],
)
def test_only_a_refusal_of_what_the_update_names_answers(
    ask: Callable[[Evidence], Any], code: str, message: str, verdict: str
) -> None:
    found = evidence(update_auto_scaling_group=[refusal(code, message)])

    assert ask(found).verdict == verdict


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("InvalidLaunchTemplateId.VersionNotFound", YES),
        ("InvalidLaunchTemplateName.NotFoundException", DIFFERENT),
        ("InvalidLaunchTemplateId.NotFound", DIFFERENT),
        ("UnauthorizedOperation", DIFFERENT),
    ],
)
def test_only_a_dry_run_without_the_version_answers(code: str, verdict: str) -> None:
    found = evidence(run_instances=[refusal(code, "no")])

    assert questions.dry_run_of_a_lost_version(found).verdict == verdict


@pytest.mark.parametrize(
    ("said", "verdict"),
    [("the body is not in UTF-8: it has U+FFFD", YES), ("Could not parse request body into json", DIFFERENT)],
)
def test_only_the_products_refusal_of_a_body_answers(said: str, verdict: str) -> None:
    assert questions.body_not_in_utf8(evidence(said)).verdict == verdict


@pytest.mark.parametrize(
    "method",
    [
        questions.target_group,
        questions.foreign_topic,
        questions.unknown_profile,
        questions.new_tags,
        questions.dry_run_of_a_lost_version,
    ],
)
def test_what_is_accepted_is_different(method: Callable[[Evidence], Any]) -> None:
    assert method(evidence()).verdict == DIFFERENT


def test_an_image_that_is_not_known_everywhere_yet_is_asked_for_again() -> None:
    shown = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": "snap-1"}}]
    images = [
        refusal("InvalidAMIID.NotFound", "no such image"),
        {"Images": []},
        {"Images": [{"State": "pending", "BlockDeviceMappings": []}]},
        {"Images": [{"State": "pending", "BlockDeviceMappings": shown}]},
    ]
    snapshots = [
        refusal("InvalidSnapshot.NotFound", "no such snapshot"),
        {"Snapshots": [{"Description": f"Created by CreateImage(i-1) for {IMAGE}"}]},
    ]

    found = questions.created_image(
        evidence(create_image=[{"ImageId": IMAGE}], describe_images=images, describe_snapshots=snapshots)
    )

    assert found.verdict == YES
    assert "image pending" in found.seen


def test_an_image_that_may_not_be_looked_at_is_an_error() -> None:
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        questions.created_image(
            evidence(
                create_image=[{"ImageId": IMAGE}], describe_images=[refusal("UnauthorizedOperation", "no")]
            )
        )
