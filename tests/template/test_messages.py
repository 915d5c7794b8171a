"""The notifications, as the definitions write them, for a person who reads them in a mail."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.template.test_causes import CHILD, UNDONE, evaluated
from tools.project import definition

TRUNK: dict[str, Any] = definition()["States"]
UNDO: dict[str, Any] = definition("undo")["States"]
NOTIFY: dict[str, Any] = definition("notify")
# Bytes of a message, by SNS's Publish; of an execution's input, by Step Functions' quotas.
LONGEST = 256 * 1024
RUN = "arn:aws:states:ap-northeast-2:123456789012:execution:refresh:nightly"
LINK = "https://console.aws.amazon.com/states/home?region=ap-northeast-2#/v2/executions/details/"
# What the commands of a message say of the stack.
STACK = "--stack images --region ap-northeast-2"
GROUPS = ["web", "웹 서버", "a\nb", "x" * 255, "골" * 255, "~!@#$%^&*()[]{}'\"", "-"]
STARTED = datetime(2026, 11, 29, 9, tzinfo=UTC)


def context(run: str = RUN, seconds: int = 0, /, **given: Any) -> dict[str, Any]:
    """Of an execution that has entered a state so many seconds after its start."""
    execution = {"Id": run, "StartTime": STARTED.isoformat(), "Input": given}
    entered = (STARTED + timedelta(seconds=seconds)).isoformat()
    return {"context": {"Execution": execution, "State": {"EnteredTime": entered}}}


def written(value: Any, partition: str = "aws", /, **variables: object) -> Any:
    """A field of a state, with its expressions evaluated."""
    if isinstance(value, dict):
        return {name: written(one, partition, **variables) for name, one in value.items()}
    if isinstance(value, list):
        return [written(one, partition, **variables) for one in value]
    if not isinstance(value, str):
        return value
    filled = value.replace("${Partition}", partition).replace("${StackName}", "images")
    return evaluated(filled, **variables)


def told(facts: dict[str, Any], partition: str = "aws") -> tuple[str, str]:
    """The subject and the text that the workflow notify sends."""
    assert len(json.dumps(facts, ensure_ascii=False).encode()) < LONGEST
    state = NOTIFY["States"][NOTIFY["StartAt"]]
    variables: dict[str, Any] = {"states": context(**facts)}
    while state["Type"] != "Task":
        choices = [one for one in state.get("Choices", []) if evaluated(one["Condition"], **variables)]
        way = choices[0] if choices else state
        variables |= written(way.get("Assign", {}), partition, **variables)
        state = NOTIFY["States"][way.get("Next") or way["Default"]]
    sent = written(state["Arguments"], partition, **variables)
    return sent["Subject"], sent["Message"]


def failure(
    undo: dict[str, Any] | None = None,
    run: str = RUN,
    partition: str = "aws",
    seconds: int = 0,
    **changed: Any,
) -> tuple[str, str]:
    """The subject and the text of a failed run's message."""
    about = {"group": "web", "source": "i-1", "rollout": "drain"} | changed.pop("about", {})
    failed = {"State": "Register Image", "Error": "ImageFailed", "Cause": "no room"} | changed
    variables: dict[str, Any] = {
        "failure": failed,
        "undo": undo or UNDONE,
        "about": about,
        "states": context(run, seconds),
    }
    variables |= written(TRUNK["Explain Failure"]["Assign"], **variables)
    return told(written(TRUNK["Notify Failure"]["Arguments"]["Input"], **variables), partition)


def completion(about: dict[str, str] | None = None, **changed: Any) -> tuple[str, str]:
    variables: dict[str, Any] = {
        "about": {"group": "web", "source": "i-1", "rollout": "drain"} | (about or {}),
        "image": {"id": "ami-1", "name": "web-nightly"},
        "plan": {},
        "generation": {"number": 4, "goesBackTo": None},
        "approvals": [],
        "launchTemplate": {"name": "web", "version": 7},
        "warnings": [],
        "marks": {},
        "states": context(),
    } | changed
    return told(written(TRUNK["Notify Completion"]["Arguments"]["Input"], **variables))


def cleaned_up(group: str | None = "web", run: str = RUN, **given: Any) -> tuple[str, str]:
    given |= {"run": run, "status": "ABORTED"} | ({"group": group} if group else {})
    variables: dict[str, Any] = {"states": context(**given), "undoCheck": {"rollBack": UNDONE["rollBack"]}}
    return told(written(UNDO["Notify Clean-Up"]["Arguments"]["Input"], **variables))


def test_a_failure_is_told_with_what_happened_and_what_to_do() -> None:
    said, text = failure(seconds=3 * 3600 + 125)
    assert said == "golden image of web: FAILED at Register Image"
    assert text.splitlines() == [
        "The golden image of web was not refreshed: the run FAILED at Register Image.",
        "",
        "Group: web",
        "Rollout: drain",
        "Source: i-1",
        "Failing state: Register Image",
        "Error: ImageFailed",
        "Cause: no room",
        "Roll-back: nothing of the run is left",
        "Duration: 3 h 2 min 5 s",
        "",
        "What to do: The message has AWS's reason. Start again.",
        "",
        f"Execution: {LINK}{RUN}",
        f"Why: golden-image why {STACK} {RUN}",
        f"Report: golden-image report {STACK} {RUN}",
        f"Run: {RUN}",
    ]


def test_a_roll_back_that_is_incomplete_is_in_the_subject_and_goes_on() -> None:
    said, text = failure(undo={"Error": "RollBackIncomplete", "Cause": "could not undo: source i-1"})
    assert said == "golden image of web: FAILED at Register Image, roll-back INCOMPLETE"
    assert "Roll-back: INCOMPLETE: RollBackIncomplete: could not undo: source i-1\n" in text
    assert "The sweeper starts the next attempt" in text


def test_a_child_s_failure_links_to_the_child() -> None:
    said, text = failure(State="Roll Out", Error="DrainTimedOut", ExecutionArn=CHILD)
    assert said == "golden image of web: FAILED at Roll Out"
    assert f"Execution of the failing state: {LINK.replace('ap-northeast-2', 'us-east-1')}{CHILD}\n" in text


@pytest.mark.parametrize("error", ["KeyError", "Lambda.NewException"])
def test_an_error_that_nobody_knows_has_a_general_advice(error: str) -> None:
    assert "What to do: Find the error in docs/guides/failure.md." in failure(Error=error)[1]


@pytest.mark.parametrize(
    ("partition", "host"),
    [
        ("aws", "https://console.aws.amazon.com/states/home?region=ap-northeast-2#"),
        ("aws-cn", "https://console.amazonaws.cn/states/home?region=ap-northeast-2#"),
        ("aws-us-gov", "https://console.amazonaws-us-gov.com/states/home?region=ap-northeast-2#"),
    ],
)
def test_the_link_is_that_of_the_partition(partition: str, host: str) -> None:
    assert f"Execution: {host}" in failure(partition=partition)[1]


@pytest.mark.parametrize(
    ("name", "encoded"),
    [("웹-갱신", "%EC%9B%B9-%EA%B0%B1%EC%8B%A0"), ("v1.2=rc!", "v1.2%3Drc!"), ("a+b", "a%2Bb")],
)
def test_the_name_of_a_run_is_encoded_in_its_link(name: str, encoded: str) -> None:
    run = RUN.replace("nightly", name)
    for text in (failure(run=run)[1], cleaned_up(run=run)[1]):
        assert f"{LINK}{RUN.replace('nightly', encoded)}\n" in text
        assert f"Run: {run}\n" in text


@pytest.mark.parametrize("name", ["nightly", "-x", "v1.2=rc!", "it's'", "(a)", "웹-갱신", "a+b@c_d"])
def test_a_shell_takes_the_commands_of_a_message_word_for_word(name: str) -> None:
    run = RUN.replace("nightly", name)
    for text, verbs in (
        (failure(run=run)[1], ["why", "report"]),
        (cleaned_up(run=run)[1], ["why", "report"]),
        (completion(states=context(run))[1], ["report"]),
    ):
        commands = [line.partition(": ")[2] for line in text.splitlines() if ": golden-image " in line]
        words = [shell_words(command) for command in commands]
        assert words == [["golden-image", verb, *STACK.split(), run] for verb in verbs]


def shell_words(command: str) -> list[str]:
    """The words of a command, as a shell hands them over."""
    printed = ["sh", "-c", f"golden_image() {{ printf '%s\\n' \"$@\"; }}; golden_image {command}"]
    return subprocess.run(printed, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("group", GROUPS)
def test_every_subject_is_one_that_sns_takes(group: str) -> None:
    """ASCII, no line break, fewer than 100 characters."""
    undo = {"Error": "RollBackIncomplete", "Cause": "x"}
    worst = max(TRUNK, key=len)
    subjects = [
        failure(about={"group": group}, State=worst, undo=undo)[0],
        failure(about={"group": group})[0],
        completion({"group": group})[0],
        cleaned_up(group)[0],
    ]
    for said in subjects:
        assert said.isascii()
        assert said.isprintable()
        assert len(said) < 100
    assert subjects[0].endswith(f": FAILED at {worst}, roll-back INCOMPLETE")
    assert subjects[2].endswith(": SUCCEEDED")


def test_the_longest_text_is_one_that_sns_takes() -> None:
    long = "골" * 32_768
    text = failure(Cause=long, undo={"Error": "x", "Cause": long}, about={"group": "골" * 255})[1]
    assert len(text.encode()) < LONGEST


def test_a_completion_is_told_with_its_results_and_warnings() -> None:
    said, text = completion(warnings=["one", "two"])
    assert said == "golden image of web: SUCCEEDED"
    assert "Image: ami-1 (web-nightly)\nLaunch template: web, version 7\n" in text
    assert "Warnings:\n- one\n- two\n" in text
    assert f"Execution: {LINK}{RUN}\nReport: golden-image report {STACK} {RUN}\nRun: " in text
    assert "golden-image why" not in text
    assert "Warnings: none\n" in completion()[1]
    assert "Warnings:\n- one\n\n" in completion(warnings=["one"])[1]


@pytest.mark.parametrize(
    ("marks", "outcome"),
    [
        ({"owed": "t"}, "SUCCEEDED, source STOPPED"),
        ({"owed": "t", "returned": "t"}, "SUCCEEDED"),
        ({"returned": "t"}, "SUCCEEDED"),
        ({}, "SUCCEEDED"),
    ],
)
def test_a_source_that_stays_stopped_is_in_the_subject(marks: dict[str, str], outcome: str) -> None:
    assert completion(marks=marks)[0] == f"golden image of web: {outcome}"


def test_a_clean_up_is_told_with_how_the_run_ended() -> None:
    said, text = cleaned_up()
    assert said == "golden image of web: ABORTED, cleaned up"
    assert text.startswith(
        "The run ended ABORTED and was undone. Its locks are free.\n\nRoll-back: nothing of the run is left\n"
    )
    assert "Source" not in text
    told = cleaned_up(source="i-1", error="DrainTimedOut", seconds=7384)[1]
    assert "left\nSource: i-1\nError: DrainTimedOut\nDuration: 2 h 3 min 4 s\n\nWhat to do: check" in told
    assert f"\nWhy: golden-image why {STACK} {RUN}\nReport: golden-image report {STACK}" in told
    assert cleaned_up(group=None)[0] == "golden image of an unknown group: ABORTED, cleaned up"
