"""What a person is told who has configured nothing yet, or the wrong thing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from golden_image_cli.__main__ import VERBS

if TYPE_CHECKING:
    from tests.cli.conftest import GoldenImage

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
NOWHERE = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1", "AWS_REGION": "eu-west-1"}


def test_help_names_every_verb(elsewhere: GoldenImage) -> None:
    told = elsewhere("--help")

    assert told.code == 0
    named = {line.split()[0] for line in told.out.partition("Commands:")[2].splitlines() if line.strip()}
    assert named == VERBS.keys()


def test_help_imports_neither_an_sdk_nor_rich(elsewhere: GoldenImage) -> None:
    told = elsewhere("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})

    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.err.splitlines()}
    assert "typer" in imported
    assert not imported & {"boto3", "botocore", "rich"}


def test_without_a_verb_help_is_shown_and_the_call_is_wrong(elsewhere: GoldenImage) -> None:
    told = elsewhere()

    assert told.code == 2
    assert "Commands:" in told.out + told.err


def test_a_misspelt_verb_is_a_wrong_call_with_a_suggestion(elsewhere: GoldenImage) -> None:
    told = elsewhere("strat")

    assert told.code == 2
    assert "Did you mean 'start'?" in told.err


def test_without_a_stack_the_call_says_how_to_name_one(elsewhere: GoldenImage) -> None:
    told = elsewhere("list")

    assert told.code == 2
    assert "--stack NAME" in told.err
    assert "GOLDEN_IMAGE_STACK" in told.err
    assert told.out == ""


def test_without_a_region_the_call_says_how_to_name_one(elsewhere: GoldenImage) -> None:
    told = elsewhere("list", "--stack", "web")

    assert told.code == 2
    assert "--region" in told.err


def test_the_region_of_the_environment_is_that_of_the_aws_cli(elsewhere: GoldenImage) -> None:
    told = elsewhere("list", "--stack", "web", env={"AWS_REGION": "eu-west-1"})

    assert told.code == 4
    assert "credentials" in told.err


def test_without_credentials_the_call_says_how_to_sign_in(elsewhere: GoldenImage) -> None:
    told = elsewhere("list", "--stack", "web", "--region", "eu-west-1")

    assert told.code == 4
    assert "aws login" in told.err


def test_a_profile_that_does_not_exist_is_named(elsewhere: GoldenImage) -> None:
    told = elsewhere("list", "--stack", "web", "--profile", "prod")

    assert told.code == 2
    assert "prod" in told.err


def test_an_endpoint_that_does_not_answer_is_named(elsewhere: GoldenImage) -> None:
    told = elsewhere("list", env={**KEYS, **NOWHERE, "GOLDEN_IMAGE_STACK": "web"})

    assert told.code == 4
    assert NOWHERE["AWS_ENDPOINT_URL"] in told.err


def test_a_folder_without_a_sandbox_says_how_to_start_one(elsewhere: GoldenImage) -> None:
    told = elsewhere("list", "--sandbox")

    assert told.code == 2
    assert "python -m sandbox up" in told.err


def test_a_folder_with_other_programs_sandboxes_names_them(elsewhere: GoldenImage) -> None:
    for name in ("demo", "tests-1"):
        (elsewhere.folder / ".sandbox" / name).mkdir(parents=True)
        (elsewhere.folder / ".sandbox" / name / "endpoints.json").write_text("{}")

    told = elsewhere("list", "--sandbox")

    assert told.code == 2
    assert ".sandbox/demo, .sandbox/tests-1" in told.err


@pytest.mark.parametrize("text", ["{", "[]", '{"aws": "http://127.0.0.1:1"}'])
def test_a_sandboxs_file_of_another_version_is_said_to_be_one(elsewhere: GoldenImage, text: str) -> None:
    (elsewhere.folder / ".sandbox").mkdir()
    (elsewhere.folder / ".sandbox/endpoints.json").write_text(text)

    told = elsewhere("list", "--sandbox")

    assert told.code == 2
    assert "endpoints.json" in told.err
    assert "Traceback" not in told.err


def test_a_sandbox_that_is_gone_is_said_to_be_down(elsewhere: GoldenImage) -> None:
    names = ("stateMachineArn", "ledgerTable", "generationsTable", "notificationTopicArn", "apiUrl")
    texts = dict.fromkeys((*names, "deadLetterQueueUrl"), "arn:aws:states:eu-west-1:1:stateMachine:x")
    gone = {"aws": "http://127.0.0.1:9", "ec2": "http://127.0.0.1:9", "region": "eu-west-1", "scale": 0.01}
    (elsewhere.folder / ".sandbox").mkdir()
    file = elsewhere.folder / ".sandbox/endpoints.json"
    file.write_text(json.dumps({**texts, **gone, "stackName": "web"}))

    told = elsewhere("list", "--sandbox", env={"AWS_MAX_ATTEMPTS": "1"})

    assert told.code == 4
    assert "Is the sandbox up?" in told.err


def test_a_sandbox_has_no_stack_profile_or_region(elsewhere: GoldenImage) -> None:
    told = elsewhere("list", "--sandbox", "--stack", "web")

    assert told.code == 2
    assert "--sandbox takes no --stack" in told.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_the_verbs(elsewhere: GoldenImage, shell: str) -> None:
    env = {
        "_GOLDEN_IMAGE_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "golden-image st",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "golden-image st",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }

    told = elsewhere(env=env)

    assert told.code == 0
    assert "start" in told.out
    assert "stop" in told.out
    assert "watch" not in told.out


def test_a_shell_completes_the_fields_of_an_input(elsewhere: GoldenImage) -> None:
    env = {
        "_GOLDEN_IMAGE_COMPLETE": "complete_bash",
        "COMP_WORDS": "golden-image start i-1 --group.m",
        "COMP_CWORD": "3",
    }

    assert elsewhere(env=env).out.split() == ["--group.minSize", "--group.maxSize"]


def test_output_that_nobody_reads_any_more_ends_the_call_quietly(elsewhere: GoldenImage) -> None:
    process = elsewhere.begun("--help")
    assert process.stdout
    process.stdout.close()

    assert process.stderr
    assert process.stderr.read() == ""
    process.wait()
