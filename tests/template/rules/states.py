"""Rules of the definitions: tasks, retriers and catchers, names and comments, expressions, variables."""

from __future__ import annotations

import json
import re
from collections import Counter

from tests.template.rules import graph
from tests.template.rules.base import Project, add, drop, put, reword, rule
from tools.format_definitions import formatted, with_standards
from tools.project import TRUNK

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
_LONGEST_EXPRESSION = 200
_TASK = (TRUNK, "Stop Source")
_ASKS = (TRUNK, "Request Approval")
# Tasks after the commit, and notifications: their failures are warnings and undo nothing.
_WARN = {
    "Commit Refresh",
    "Publish Image",
    "Look at Source",
    "Unlock Group",
    "Notify Completion",
    "Notify Failure",
}
# The states that are there only to set variables: they unpack both errors, and write what a person reads.
_PASSES = {
    "Explain Failure": {"cause", "rollBack"},
    "Describe Run": {"facts", "group", "duration", "console", "page", "named"},
    "Find Advice": {"advice"},
    "Describe Failure": {"text"},
    "Describe Clean-Up": {"text"},
    "Describe Completion": {"text"},
}
# The one Task of a child whose failure does not end it: what is undone stays so.
_TOLD = ("undo", "Notify Clean-Up")
# The child that has a child: it unpacks that one's error, and ends with it.
_UNPACKS = ("prove_image", "Run Document")


@rule(
    (drop(*_TASK, "TimeoutSeconds"), "Stop Source"),
    (put("{% $x %}", *_TASK, "TimeoutSeconds"), "Stop"),
    (put(90, *_ASKS, "TimeoutSeconds"), "Request Approval"),
    (put("{% $plan.timeouts.image %}", *_ASKS, "Arguments", "Payload", "timeout"), "Request Approval"),
)
def every_task_has_a_fixed_time_limit_or_waits_as_long_as_it_tells(project: Project) -> list[str]:
    """People are told in the request how long the run waits for them, by the input."""
    waiting = {task.name for task in project.waiting_tasks}
    found = [s.name for s in project.tasks if not isinstance(s.own.get("TimeoutSeconds"), int)]
    told = [
        task.name
        for task in project.waiting_tasks
        if not str(task.own["TimeoutSeconds"]).endswith(".approval.timeout %}")
        or task.payload["timeout"] != task.own["TimeoutSeconds"]
    ]
    return [name for name in found if name not in waiting] + told


@rule(
    (drop("definitions", TRUNK, "TimeoutSeconds"), TRUNK),
    (drop("definitions", "undo", "TimeoutSeconds"), "undo"),
)
def every_machine_has_a_time_limit(project: Project) -> list[str]:
    wholes = project.definitions.items()
    return [name for name, whole in wholes if not isinstance(whole.get("TimeoutSeconds"), int)]


@rule(
    (drop("standards", "Retriers", "lambdaFault", "MaxDelaySeconds"), "lambdaFault"),
    (put("NONE", "standards", "Retriers", "tryAgain", "JitterStrategy"), "tryAgain"),
    (put(1, "standards", "Retriers", "childNotStarted", "BackoffRate"), "childNotStarted"),
    (drop("standards", "Retriers", "lambdaFault", "ErrorEquals", 2), "Lambda.AWSLambdaException"),
    (drop("standards", "RetriersOfResources", "arn:${Partition}:states:::lambda:invoke", 0), "Lambda.Serv"),
)
def every_retrier_backs_off_with_jitter_and_lambda_s_own_faults_are_retried(project: Project) -> list[str]:
    found = []
    for name, retrier in project.standards["Retriers"].items():
        if retrier.get("MaxAttempts") == 0:
            continue
        backs_off = retrier.keys() >= _RETRY_FIELDS and retrier["BackoffRate"] > 1
        if not backs_off or retrier.get("JitterStrategy") != "FULL":
            found.append(name)
    lists = project.standards["RetriersOfResources"] | project.standards["RetriersOfStates"]
    for called, names in lists.items():
        if "lambda:invoke" in called or called in project.standards["RetriersOfStates"]:
            named = {e for name in names for e in project.standards["Retriers"][name]["ErrorEquals"]}
            found += [f"{called}: {error}" for error in sorted(LAMBDA_FAULTS - named)]
    return found


@rule(
    (drop(*_TASK, "Retry"), "Stop Source"),
    (put(3, *_TASK, "Retry", 1, "MaxAttempts"), "Stop Source"),
    (put(2, "undo", "Roll Back", "Retry", 2, "MaxAttempts"), "Roll Back"),
    (drop(TRUNK, "Publish Image", "Retry"), "Publish Image"),
    (drop(*_TASK, "Catch"), "Stop Source"),
    (put("Explain Failure", TRUNK, "Roll Out", "Catch", 0, "Next"), "Roll Out"),
    (put(9, "standards", "Retriers", "functionDied", "MaxAttempts"), "Check Image"),
)
def every_task_has_the_standard_retriers_and_catchers(project: Project) -> list[str]:
    """Those of retry.json, by name; `make format` writes them."""
    found = []
    for name, whole in project.definitions.items():
        wanted = with_standards(name, whole, project.standards)["States"]
        found += [state for state, own in whole["States"].items() if own != wanted[state]]
    return found


@rule(
    (reword("definition_texts", "undo", "\n", "\n "), "undo"),
    (reword("definition_texts", TRUNK, '"JitterStrategy": "FULL"}', '"JitterStrategy":"FULL"}'), TRUNK),
)
def definitions_are_laid_out_by_make_format(project: Project) -> list[str]:
    texts = project.definition_texts.items()
    return [name for name, text in texts if text != formatted(project.definitions[name])]


@rule(
    (put(["States.TaskFailed"], *_TASK, "Catch", 0, "ErrorEquals"), "Stop Source"),
    (drop("standards", "CatchersOfStates", "Undo"), "Undo"),
    (put("Refresh Complete", TRUNK, "Verify Image", "Catch", 0, "Next"), "Verify Image"),
    (
        put([{"ErrorEquals": ["States.ALL"], "Next": "Rolled Out"}], "roll_out", "Drain Group", "Catch"),
        "Drain Group",
    ),
)
def the_trunk_catches_everything_and_a_child_nothing(project: Project) -> list[str]:
    """A failure of a child ends it; its caller catches that once."""
    standards, named = project.standards["Catchers"], project.standards["CatchersOfStates"]
    waiting, found = project.waiting_tasks, []
    for task in project.tasks:
        caught = task.own.get("Catch", [])
        everything = any(one["ErrorEquals"] == ["States.ALL"] for one in caught)
        if task.definition != TRUNK:
            handles = (task.definition, task.name) in {_TOLD, _UNPACKS}
            # The time-out of a wait for people has a name of its own.
            own = [one for one in caught if one["ErrorEquals"] != ["States.Timeout"] or task not in waiting]
            right = everything if handles else not own
        elif task.name in _WARN:
            right = everything
        else:
            usual = [] if task in project.child_tasks else ["failure"]
            right = caught == [standards[name] for name in named.get(task.name, usual)]
        if not right:
            found.append(task.name)
    return found


@rule(
    (put({"Type": "Pass", "Next": "Create Image"}, TRUNK, "create image again"), "create image again"),
    (put({"Type": "Pass", "Next": "Create Image"}, TRUNK, "Created?"), "Created?"),
    (put({"Type": "Choice", "Choices": []}, TRUNK, "Created"), "Created"),
    (reword("definition_texts", "roll_out", '"Drain Group": {', '"Restore Capacity": {'), "Restore Capacity"),
)
def names_are_unique_in_title_case_and_choices_are_questions(project: Project) -> list[str]:
    found = []
    for definition, text in project.definition_texts.items():
        named = _names(text)
        states = project.definitions[definition]["States"]
        found += [f"{name} stands twice" for name in states if named.count(name) > 1]
    for state in project.states:
        words = re.split("[ -]", state.name.removesuffix("?"))
        title = words[0][0].isupper() and all(w[0].isupper() or w in _SMALL_WORDS for w in words)
        if not title or state.name.endswith("?") != (state.own["Type"] == "Choice"):
            found.append(state.name)
    return found


def _names(text: str) -> list[str]:
    """Every name in a text of JSON, as often as it is there."""
    named: list[str] = []
    json.loads(text, object_pairs_hook=lambda pairs: named.extend(name for name, _ in pairs))
    return named


@rule(*[(drop(TRUNK, name, "Comment"), name) for name in ("Stop Source", "Dry Run?", "Refresh Failed")])
def every_state_that_does_or_decides_something_is_explained(project: Project) -> list[str]:
    kinds = {"Task", "Choice", "Succeed", "Fail", "Pass"}
    return [s.name for s in project.states if s.own["Type"] in kinds and not s.own.get("Comment")]


@rule(
    (put({"Type": "Pass", "Comment": "x", "Assign": {"a": 1}, "Next": "Undo"}, TRUNK, "Note"), "Note"),
    (drop(TRUNK, "Explain Failure", "Assign", "cause"), "Explain Failure"),
)
def no_state_is_there_only_to_set_a_variable(project: Project) -> list[str]:
    passes = [state for state in project.states if state.own["Type"] == "Pass"]
    return [s.name for s in passes if s.own["Assign"].keys() != _PASSES.get(s.name)]


@rule(
    (
        put("{% $plan.imageMethod = 'CreateImage' %}", TRUNK, "Register Image?", "Choices", 0, "Condition"),
        "$p",
    ),
)
def each_condition_is_asked_once(project: Project) -> list[str]:
    asked = Counter(
        (state.definition, choice["Condition"])
        for state in project.states
        for choice in state.own.get("Choices", [])
    )
    return [f"{definition}: {condition}" for (definition, condition), times in asked.items() if times > 1]


@rule((put("{% " + "$x & " * 50 + "'' %}", TRUNK, "Refresh Failed", "Cause"), "Refresh Failed"))
def no_expression_is_longer_than_a_line_that_can_be_read(project: Project) -> list[str]:
    return [
        f"{state.name}: {text}"
        for state in project.states
        for text in graph.texts(state.own)
        if text.startswith("{%") and len(text) > _LONGEST_EXPRESSION
    ]


@rule(
    (drop(TRUNK, "Create Image", "Assign", "imageId"), "Check Volumes Captured: imageId"),
    (drop("standards", "Catchers", "undoFailure", "Assign"), "Explain Failure: undo"),
    (
        put("{% $imageId = 'x' %}", TRUNK, "Create Image?", "Choices", 0, "Condition"),
        "Create Image?: imageId",
    ),
    (put("{% $typo.done %}", TRUNK, "Is Image Available?", "Choices", 0, "Condition"), "typo"),
    (drop("undo", "Begin Undo", "Assign", "begun"), "Roll Back?: begun"),
)
def a_variable_is_assigned_on_every_path_to_where_it_is_read(project: Project) -> list[str]:
    found: set[str] = set()
    for name, whole in project.definitions.items():
        found |= graph.unassigned_reads(with_standards(name, whole, project.standards))
    return sorted(found)


@rule(
    (
        add(
            {"Condition": "{% $states.context.Execution.Input.rollout = 'dran' %}", "Next": "Drain Group"},
            "roll_out",
            "Drain Group?",
            "Choices",
        ),
        "dran",
    ),
    (put("{% $plan.imageMethod = 'CopyImage' %}", TRUNK, "Create Image?", "Choices", 0, "Condition"), "Copy"),
)
def conditions_compare_with_words_that_exist(project: Project) -> list[str]:
    text = "\n".join(text for state in project.states for text in graph.texts(state.own))
    rollouts = set(project.schema["properties"]["rollout"]["enum"])
    methods = set(
        re.findall(r'^(?:REGISTER|CREATE) = "(\w+)"', project.code["golden_image.model.source"], re.M)
    )
    return sorted(
        (set(re.findall(r"rollout = '(\w+)'", text)) - rollouts)
        | (set(re.findall(r"\$plan\.imageMethod = '(\w+)'", text)) - methods)
    )
