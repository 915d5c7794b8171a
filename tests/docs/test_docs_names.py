"""The states, fields, errors, files and links that the pages name exist."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from tests.docs.markdown import CHAPTERS, OWN_PAGES, ROOT, definitions, page, rows, states

_CODE = (
    "functions",
    "cli",
    "statemachine",
    "sandbox",
    "ec2world",
    "acceptance",
    ".github",
    "events",
    "tools",
    "template.yaml",
    "samconfig.toml",
    "Makefile",
)
_STATE = re.compile(r"[A-Z][a-z]+( [A-Za-z]+)+\??|[A-Z][a-z]+\?")
_PATH = re.compile(
    r"(?<![\w.])(?:functions|cli|statemachine|sandbox|ec2world|acceptance|events|tests|tools|docs)/[\w./-]*"
)
# Names of AWS and of other tools that the product's code has no reason to hold.
_FOREIGN = {
    "AWS::Serverless::Api",
    "AWSServiceRoleForAutoScaling",
    "aws-sam-cli-managed-default",
    "awscurl",
    "DescribeStateMachine",
    "encryptionConfiguration",
    "EntityAlreadyExists",
    "loggingConfiguration",
    "ebs",
    "env.json",
    "answer.json",
    "execute-api",
    "execute-api:Invoke",
    "Runtime.UnmarshalError",
    "Stage",
    "sts.amazonaws.com",
    "timeoutSeconds",
    "TimeoutSecondsPath",
    "token.actions.githubusercontent.com",
    "variableReferences",
    "StepFunctions.ExecutionAlreadyExistsException",
    "VcpuLimitExceeded",
    "x-amz-security-token",
}
# Command lines, which a test of their own reads, and the shell variables of the pages.
_NOT_CODE = (
    "make ",
    "sam ",
    "aws ",
    "golden-image ",
    ".venv/bin/golden-image",
    "python -m ",
    ".venv/bin/python -m ",
    "pip install ",
    "pipx install ",
    "uv tool install ",
    "$",
)


@cache
def _words_of_the_code() -> frozenset[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *_CODE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.splitlines()]
    texts = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    names = [part for path in files for part in path.relative_to(ROOT).parts]
    words = set(re.findall(r"\w+", "\n".join(texts + names)))
    # An attribute is written in camel case in events and outputs.
    return frozenset(words | {re.sub(r"(?<=[a-z])_([a-z])", lambda m: m[1].upper(), word) for word in words})


@pytest.mark.parametrize("name", OWN_PAGES)
def test_each_state_that_a_page_names_is_in_the_definition(name: str) -> None:
    named = {span for span in page(name).spans if _STATE.fullmatch(span)}
    assert named <= states().keys()


@pytest.mark.parametrize("name", OWN_PAGES)
def test_each_word_of_inline_code_is_in_the_code(name: str) -> None:
    spans = {span for span in page(name).spans if not (span in _FOREIGN or span.startswith(_NOT_CODE))}
    known = _words_of_the_code()
    unknown = {
        span: [word for word in re.findall(r"\b[A-Za-z_]{3,}\b", span) if word not in known] for span in spans
    }
    assert {span: words for span, words in unknown.items() if words} == {}


@pytest.mark.parametrize("name", OWN_PAGES)
def test_each_path_that_a_page_names_exists(name: str) -> None:
    named = {path.rstrip("./") for path in _PATH.findall(page(name).text)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", OWN_PAGES)
def test_each_link_leads_to_a_file_and_a_heading(name: str) -> None:
    broken = []
    for link in page(name).links:
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page(name).path.parent / path).resolve() if path else page(name).path
        if not target.exists() or (anchor and anchor not in page(str(target.relative_to(ROOT))).anchors):
            broken.append(link)
    assert broken == []


def test_the_index_names_every_page_once() -> None:
    pages = [path.relative_to(ROOT / "docs") for path in ROOT.glob("docs/**/*.md")]
    named = [row[0] for row in rows(page("docs/README.md").text)]
    assert sorted(named) == sorted(f"[{path}]({path})" for path in pages if str(path) != "README.md")


def test_the_chapters_have_the_names_of_the_code_s_folders() -> None:
    """The workflow notify has no code."""
    folders = {path.parent.name for path in ROOT.glob("functions/golden_image/*/__init__.py")} - {"model"}
    assert {Path(chapter).stem for chapter in CHAPTERS} == folders | {"notify"}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_chapter_names_the_modules_of_its_folder(chapter: str) -> None:
    folder = ROOT / "functions/golden_image" / Path(chapter).stem
    modules = {path.name for path in folder.glob("*.py")} - {"__init__.py"}
    named = re.findall(rf"\[(\w+\.py)\]\(\S*/golden_image/{folder.name}/\w+\.py\)", page(chapter).text)
    assert set(named) == modules


def _states_of(chapter: str) -> list[str]:
    """The states in the first column of a chapter's table, in its order."""
    table = rows(page(chapter).section("## States")) if "\n## States\n" in page(chapter).text else []
    return [state for row in table for state in re.findall(r"^`([^`]+)`$", row[0])]


def test_each_state_is_in_one_chapter_and_in_its_workflow_s_order() -> None:
    trunk = definitions()["golden_image_refresh"]["States"]
    own = {Path(chapter).stem: _states_of(chapter) for chapter in CHAPTERS}
    for name in own.keys() & definitions().keys():
        assert own.pop(name) == list(definitions()[name]["States"])
    for told in own.values():
        assert told == [state for state in trunk if state in told]
    assert sorted(state for told in own.values() for state in told) == sorted(trunk)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_handler_of_a_chapter_is_the_one_of_its_state(chapter: str) -> None:
    for state, handler, *_ in rows(page(chapter).section("## States")) if _states_of(chapter) else []:
        function = str(states().get(state.strip("`"), {}).get("Arguments", {}).get("FunctionName", ""))
        found = re.fullmatch(r"\$\{(\w+)FunctionArn\}", function)
        wanted = re.sub(r"(?<!^)(?=[A-Z])", "_", found[1]).lower() if found else ""
        assert re.sub(r"^\[(.*)\]\(.*\)$", r"\1", handler) == wanted


@pytest.mark.parametrize("name", OWN_PAGES)
def test_each_node_of_a_diagram_is_one_state(name: str) -> None:
    for diagram in page(name).blocks("mermaid"):
        nodes = re.findall(r"^ +(\w+)[\[({]", diagram, re.MULTILINE)
        assert len(nodes) == len(set(nodes))


def test_the_korean_guide_names_every_step_of_the_chapter_in_its_order() -> None:
    steps = [
        "인스턴스 중지",
        "스냅샷 생성",
        "AMI 등록",
        "시작 템플릿 생성",
        "Auto Scaling 그룹 생성",
        "그룹의 인스턴스를 모두 종료",
    ]
    table = [row[0] for row in rows(page("docs/guides/guide.ko.md").section("## 가이드의 단계와 상태"))]
    assert [step for step in table if not step.startswith("(")] == steps
