"""Rules of the definition: tasks, waits and loops, names and comments, variables, ends."""

from __future__ import annotations

import json
import re
from collections import Counter

from tests.template.rules import graph
from tests.template.rules.base import Project, add, drop, put, reword, rule

# AWS's list of what a workflow should retry of Lambda's own faults.
LAMBDA_FAULTS = {
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
}
_RETRY_FIELDS = {"ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts", "MaxDelaySeconds"}
_SMALL_WORDS = {"a", "after", "and", "at", "for", "from", "in", "of", "on", "the", "to"}
_LIMIT = re.compile(r"\{% \$plan\.timeouts\.\w+ %\}|[1-9]\d*")
_WAIT = ("definition", "States", "Wait for Image")
_CHECK = ("definition", "States", "Check Image")
_TASK = ("definition", "States", "Stop Source")
_UNDO = ("definition", "States", "Roll Back")


@rule((drop(*_TASK, "TimeoutSeconds"), "Stop Source"), (put("{% $x %}", *_TASK, "TimeoutSeconds"), "Stop"))
def every_task_has_a_fixed_time_limit(project: Project) -> list[str]:
    return [name for name, state in project.tasks.items() if not isinstance(state.get("TimeoutSeconds"), int)]


@rule((drop("definition", "TimeoutSeconds"), "no time limit"))
def the_machine_has_a_time_limit(project: Project) -> list[str]:
    return [] if isinstance(project.definition.get("TimeoutSeconds"), int) else ["no time limit"]


@rule(
    (drop(*_TASK, "Retry"), "Stop Source"),
    (drop(*_TASK, "Retry", 0, "MaxDelaySeconds"), "Stop Source"),
    (put("NONE", *_TASK, "Retry", 2, "JitterStrategy"), "Stop Source"),
    (put(1, *_TASK, "Retry", 0, "BackoffRate"), "Stop Source"),
    (drop(*_TASK, "Retry", 0, "ErrorEquals", 2), "Lambda.AWSLambdaException"),
    (drop("definition", "States", "Publish Image", "Retry"), "Publish Image"),
)
def every_task_is_retried_with_backoff_and_jitter(project: Project) -> list[str]:
    found = []
    for name, state in project.tasks.items():
        retriers = state.get("Retry", [])
        for retrier in retriers:
            backs_off = retrier.keys() >= _RETRY_FIELDS and retrier["BackoffRate"] > 1
            if not backs_off or retrier.get("JitterStrategy") != "FULL":
                found.append(f"{name}: {retrier}")
        named = {error for retrier in retriers for error in retrier["ErrorEquals"]}
        lacking = LAMBDA_FAULTS - named if name in project.lambda_tasks else set()
        found += [f"{name}: {error}" for error in sorted(lacking)]
        if not retriers:
            found.append(f"{name}: no Retry")
    return found


@rule(
    (put(3, *_TASK, "Retry", 1, "MaxAttempts"), "Stop Source"),
    (put(2, "definition", "States", "Roll Back", "Retry", 2, "MaxAttempts"), "Roll Back"),
)
def lambda_tasks_are_retried_alike(project: Project) -> list[str]:
    """As most of them are; the roll-back may try more often, for nobody comes after it."""
    retries = {name: state.get("Retry") for name, state in project.lambda_tasks.items()}
    usual = json.loads(Counter(json.dumps(retry) for retry in retries.values()).most_common(1)[0][0])
    found = []
    for name, retry in retries.items():
        more = name == "Roll Back" and [
            {**own, "MaxAttempts": min(own["MaxAttempts"], other["MaxAttempts"])}
            for own, other in zip(retry, usual, strict=False)
        ]
        if usual not in (retry, more):
            found.append(name)
    return found


@rule(
    (drop(*_TASK, "Catch"), "Stop Source"),
    (put(["States.TaskFailed"], *_TASK, "Catch", 0, "ErrorEquals"), "Stop Source"),
)
def every_task_catches_everything(project: Project) -> list[str]:
    return [
        name
        for name, state in project.tasks.items()
        if not any(catcher["ErrorEquals"] == ["States.ALL"] for catcher in state.get("Catch", []))
    ]


@rule(
    (put(15, *_WAIT, "Seconds"), "Wait for Image"),
    (put("{% $stopCheck.waitSeconds %}", *_WAIT, "Seconds"), "Wait for Image"),
    (drop(*_WAIT, "Assign"), "Wait for Image"),
    (put("{% 0 %}", *_CHECK, "Arguments", "Payload", "waited"), "Wait for Image"),
    (drop(*_CHECK, "Arguments", "Payload", "limit"), "Wait for Image"),
)
def a_wait_lasts_as_long_as_its_check_says_and_is_counted(project: Project) -> list[str]:
    found = []
    for name, state in project.states.items():
        if state["Type"] != "Wait":
            continue
        check = project.states[state["Next"]]
        asked = re.fullmatch(r"\{% \$(\w+)\.waitSeconds %\}", str(state.get("Seconds")))
        answer = asked[1] if asked else ""
        kept = (
            check.get("Assign", {}).get(answer) == "{% $states.result.Payload %}"
            and state.get("Assign", {}).get("waited") == f"{{% $waited + ${answer}.waitSeconds %}}"
            and _is_bounded(check)
        )
        if not kept:
            found.append(name)
    return found


def _is_bounded(state: dict[str, object]) -> bool:
    """A check that is told how long the run has waited, and ends it at a limit of the plan or a fixed one."""
    arguments = state.get("Arguments")
    payload = arguments.get("Payload", {}) if isinstance(arguments, dict) else {}
    limited = _LIMIT.fullmatch(str(payload.get("limit")))
    return limited is not None and payload.get("waited") == "{% $waited %}"


@rule(
    (put("Lock Group", *_TASK, "Next"), "Lock Group"),
    (drop(*_CHECK, "Arguments", "Payload", "limit"), "Check Image"),
    (put(0, *_UNDO, "Arguments", "Payload", "limit"), "Roll Back"),
    (put("{% $waited + 1 %}", *_UNDO, "Arguments", "Payload", "limit"), "Roll Back"),
)
def every_loop_holds_a_check_with_a_limit(project: Project) -> list[str]:
    bounded = {name for name, state in project.states.items() if _is_bounded(state)}
    ways = [way for way in graph.edges(project) if not {way.source, way.target} & bounded]
    return sorted(graph.on_a_cycle(ways))


@rule(
    (drop("definition", "States", "Drain Group", "Assign", "waited"), "Drain Group"),
    (drop("definition", "States", "Note Failure", "Assign", "waited"), "Note Failure"),
)
def a_loop_starts_counting_at_zero(project: Project) -> list[str]:
    return [
        way.source
        for way in graph.edges(project)
        if _is_bounded(project.states[way.target])
        and project.states[way.source]["Type"] != "Wait"
        and way.assigned.get("waited") != 0
    ]


@rule(
    (put("Publish Image", "definition", "States", "Recreate?", "Choices", 0, "Next"), "Restore Capacity"),
    (put("Nowhere", *_TASK, "Next"), "Nowhere"),
)
def every_state_is_reached_and_leads_to_a_state(project: Project) -> list[str]:
    reached = graph.reachable(graph.edges(project), project.definition["StartAt"])
    return sorted(reached ^ set(project.states))


@rule(
    (put({"Type": "Pass", "Next": "Drain Group"}, "definition", "States", "drain group again"), "drain"),
    (put({"Type": "Pass", "Next": "Drain Group"}, "definition", "States", "Drained?"), "Drained?"),
    (put({"Type": "Choice", "Choices": []}, "definition", "States", "Drained"), "Drained"),
    (reword("definition_text", None, '"Drain Group": {', '"Stop Source": {'), "Stop Source"),
)
def names_are_unique_in_title_case_and_choices_are_questions(project: Project) -> list[str]:
    named: list[str] = []
    json.loads(project.definition_text, object_pairs_hook=lambda pairs: named.extend(k for k, _ in pairs))
    found = [f"{name} stands twice" for name in project.states if named.count(name) > 1]
    for name, state in project.states.items():
        words = name.removesuffix("?").split(" ")
        title = words[0][0].isupper() and all(w[0].isupper() or w in _SMALL_WORDS for w in words)
        if not title or name.endswith("?") != (state["Type"] == "Choice"):
            found.append(name)
    return found


@rule(
    *[(drop("definition", "States", n, "Comment"), n) for n in ("Stop Source", "Dry Run?", "Refresh Failed")]
)
def every_state_that_does_or_decides_something_is_explained(project: Project) -> list[str]:
    kinds = {"Task", "Choice", "Succeed", "Fail"}
    return [n for n, s in project.states.items() if s["Type"] in kinds and not s.get("Comment")]


@rule(
    (drop("definition", "States", "Register Image", "Assign", "imageId"), "Check Image: imageId"),
    (drop("definition", "States", "Roll Back", "Catch", 0, "Assign"), "Notify Failure: rollBack"),
    (
        put(
            "{% $plan.imageMethod = 'X' %}",
            "definition",
            "States",
            "Is Image Made?",
            "Choices",
            0,
            "Condition",
        ),
        "Check Image: imageId",
    ),
    (
        put("{% $typo.done %}", "definition", "States", "Is Image Available?", "Choices", 0, "Condition"),
        "typo",
    ),
)
def a_variable_is_assigned_on_every_path_to_where_it_is_read(project: Project) -> list[str]:
    return sorted(graph.unassigned_reads(project))


@rule(
    (
        add(
            {"Condition": "{% $plan.rollout = 'dran' %}", "Next": "Drain Group"},
            "definition",
            "States",
            "Rollout?",
            "Choices",
        ),
        "dran",
    ),
    (
        put(
            "{% $plan.imageMethod = 'CopyImage' %}",
            "definition",
            "States",
            "Is Image Made?",
            "Choices",
            0,
            "Condition",
        ),
        "CopyImage",
    ),
)
def conditions_compare_with_words_that_exist(project: Project) -> list[str]:
    text = "\n".join(graph.texts(project.states))
    rollouts = set(project.schema["properties"]["rollout"]["enum"])
    methods = set(
        re.findall(r'^(?:REGISTER|CREATE) = "(\w+)"', project.code["golden_image.model.source"], re.M)
    )
    return sorted(
        (set(re.findall(r"\$plan\.rollout = '(\w+)'", text)) - rollouts)
        | (set(re.findall(r"\$plan\.imageMethod = '(\w+)'", text)) - methods)
    )
