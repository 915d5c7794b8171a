"""One world: the backends, and what happens to a call from the moment it comes in."""

import re
import threading
import time
import uuid
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.autoscaling.models import autoscaling_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict
from moto.ec2.models import ec2_backends

from ec2world.autoscaling.backend import WorldAutoScaling
from ec2world.autoscaling.calls import WorldAutoScalingResponse
from ec2world.autoscaling.refresh_progress import progress
from ec2world.autoscaling.refresh_states import REVERSIBLE
from ec2world.ec2.backend import WorldEC2
from ec2world.ec2.calls import WorldEC2Response
from ec2world.ec2.idempotency import MISMATCH, TERMINATED, Tokens
from ec2world.load_balancing.calls import WorldLoadBalancingResponse
from ec2world.ssm import calls as run_command_calls
from ec2world.ssm.run_command import RunCommand
from ec2world.trouble.faults import Faults, Rule
from ec2world.trouble.limits import exceeded_limit
from ec2world.trouble.stale_reads import Photograph, StaleView
from ec2world.trouble.throttle import Throttle
from ec2world.virtual_time.clock import Clock
from ec2world.virtual_time.scene import Scene
from ec2world.wire.call import Call, MalformedCall, Request, parse_call
from ec2world.wire.errors import error_body, http_status
from ec2world.wire.other_services import OtherServices
from ec2world.wire.record import Record
from ec2world.wire.upstream import Upstream

if TYPE_CHECKING:
    from ec2world.wire.responses import WorldResponse

_CODE = re.compile(r"<Code>([^<]*)</Code>|\"__type\": ?\"([^\"]*)\"")
RESPONSES: "dict[str, type[WorldResponse]]" = {
    "ec2": WorldEC2Response,
    "autoscaling": WorldAutoScalingResponse,
    "elbv2": WorldLoadBalancingResponse,
}
# moto's own here, whatever server has the others: instance refreshes watch its alarms.
ALARMS = "cloudwatch"


@dataclass(frozen=True)
class Answer:
    """An answer on the wire; `cut` means that the connection ends without one."""

    status: int
    body: str
    content_type: str
    request_id: str
    cut: bool = False


class World:
    """moto's backends, extended, behind one lock: moto is not thread-safe, and a call is of one moment.

    There is one world to a process, for moto keeps its backends in module variables.
    """

    def __init__(
        self, scale: float = 1.0, region: str = "us-east-1", others: "OtherServices | Upstream | None" = None
    ) -> None:
        self.region = region
        self.account = DEFAULT_ACCOUNT_ID
        self.lock = threading.RLock()
        self.identities: dict[str, str] = {}
        self.scene = Scene(Clock(scale))
        self.faults, self.record, self.tokens = Faults(self._replaced), Record(), Tokens()
        self.throttle = Throttle(self.scene.clock)
        self._motos_own = OtherServices()
        self.others = others or self._motos_own
        self._stale: list[StaleView] = []
        self._build()

    @property
    def clock(self) -> Clock:
        """The world's clock."""
        return self.scene.clock

    @property
    def ec2(self) -> Any:
        """The EC2 backend of the world's region."""
        return ec2_backends[self.account][self.region]

    @property
    def autoscaling(self) -> Any:
        """The Auto Scaling backend of the world's region."""
        return autoscaling_backends[self.account][self.region]

    def reset(self) -> None:
        """Back to the beginning: default VPC, no faults, no record; scale, durations and identities stay."""
        with self.lock:
            clock = self.scene.clock
            self.scene = Scene(Clock(clock.scale, clock.durations))
            self.throttle = Throttle(self.scene.clock)
            self.faults, self.tokens = Faults(self._replaced), Tokens()
            self.record.clear()
            self._stale.clear()
            self._build()

    def _build(self) -> None:
        BackendDict.reset()
        ec2_backends.backend = partial(WorldEC2, self.scene)
        autoscaling_backends.backend = partial(WorldAutoScaling, self.scene)
        self.run_command = RunCommand(self.scene.clock, self.account, lambda: self.ec2)

    def handle(self, request: Request) -> Answer:
        """Answer one HTTP request."""
        try:
            call = parse_call(request, identities=self.identities, default_region=self.region)
        except MalformedCall as error:
            body, content_type = error_body("ec2", "MalformedQueryString", str(error), "")
            return Answer(400, body, content_type, "")
        request_id, params = str(uuid.uuid4()), self.record.params_of(call)
        with self.lock:
            self.clock.settle()
            refusal = self.throttle.refuses(call) or exceeded_limit(call)
            rule = None if refusal else self.faults.pick(call)
        if rule is not None and rule.when == "before" and rule.effect == "delay":
            time.sleep(rule.seconds or 0)
        with nullcontext() if self._passes_on(call) else self.lock:
            with self.lock:
                self.clock.settle()
            answer = (
                self._refused(call, refusal, request_id) if refusal else self._act(call, rule, request_id)
            )
            with self.lock:
                self._note(call, params, answer)
        if rule is not None and (rule.effect == "drop" or (rule.when, rule.effect) == ("after", "delay")):
            time.sleep(rule.seconds or 0)
        return answer

    def _passes_on(self, call: Call) -> bool:
        """Whether another server answers the call, which may take its time."""
        own = call.service in (*RESPONSES, ALARMS) or run_command_calls.answers(call)
        return not own and isinstance(self.others, Upstream)

    def _act(self, call: Call, rule: Rule | None, request_id: str) -> Answer:
        """Have the effect of the call and of its fault."""
        if rule is None or rule.effect == "delay":
            return self._effect(call, request_id)
        if rule.effect == "act":
            return self._among_others(call, rule, request_id)
        if rule.effect == "fail":
            self.scene.failure = rule.message
            try:
                return self._effect(call, request_id)
            finally:
                self.scene.failure = None
        if rule.effect == "stale":
            photograph = Photograph(self.ec2, self.autoscaling)
            answer = self._effect(call, request_id)
            until = None if rule.seconds is None else self.clock.now() + rule.seconds
            self._stale.append(StaleView(photograph.changes_since(), until, rule.reads))
            return answer
        if rule.when == "after":
            self._effect(call, request_id)
        body, content_type = error_body(call.protocol, rule.code, rule.message, request_id)
        return Answer(rule.status, body, content_type, request_id, cut=rule.effect == "drop")

    def _among_others(self, call: Call, rule: Rule, request_id: str) -> Answer:
        """Have the effect of the call, and somebody else's calls before or after it."""
        if rule.when == "before":
            self.meddle(rule, call.trace)
        answer = self._effect(call, request_id)
        if rule.when == "after":
            self.meddle(rule, call.trace)
        return answer

    def meddle(self, rule: Rule, trace: str) -> None:
        """Make the calls of somebody else that a rule says; they are recorded, and meet no rule."""
        with self.lock:
            for act in rule.acts:
                for call in act.calls(self._tagged, self.region, trace):
                    params, request_id = self.record.params_of(call), str(uuid.uuid4())
                    self._note(call, params, self._effect(call, request_id))

    def _replaced(self, group_name: str) -> int | None:
        """How much of a group its instance refresh has replaced, in percent; None where none goes forward."""
        group = self.autoscaling.autoscaling_groups.get(group_name)
        refresh = group.refresh if group else None
        if refresh is None or refresh.status not in REVERSIBLE:
            return None
        return int(progress(group, refresh).get("PercentageComplete", 0))

    def _tagged(self, wanted: dict[str, str]) -> dict[str, Any]:
        """The tags of each resource of a type that has a tag; AWS's own tags are nobody's to copy."""
        found = self.ec2.tagged(wanted["resource"], wanted["key"], wanted["value"])
        return {
            one: {key: value for key, value in tags.items() if not key.startswith("aws:")}
            for one, tags in found.items()
        }

    def _effect(self, call: Call, request_id: str) -> Answer:
        if call.is_read and call.service in RESPONSES:
            return self._read(call, request_id)
        if self.tokens.contradicts(call):
            return self._refused(call, MISMATCH, request_id)
        if self.tokens.launched_what_is_gone(call, self.ec2.get_instance_by_id):
            return self._refused(call, TERMINATED, request_id)
        if (body := self.tokens.earlier_body(call, request_id)) is not None:
            return Answer(200, body, "text/xml;charset=UTF-8", request_id)
        answer = self._plain(call, request_id)
        if answer.status == 200:
            self.tokens.keep(call, answer.body, request_id)
        return answer

    def _read(self, call: Call, request_id: str) -> Answer:
        """Answer a read, as before the writes that are to be hidden where that makes a difference."""
        self._stale = [view for view in self._stale if not view.over(self.clock.now())]
        answer = self._plain(call, request_id)
        for view in reversed(self._stale):
            view.put_on()
            older = self._plain(call, request_id)
            if older.body != answer.body:
                view.count_read()
            answer = older
        for view in self._stale:
            view.take_off()
        return answer

    def _plain(self, call: Call, request_id: str) -> Answer:
        response_class = RESPONSES.get(call.service)
        if run_command_calls.answers(call):
            return Answer(*run_command_calls.answer(self.run_command, call, request_id), request_id)
        if response_class is None:
            others = self._motos_own if call.service == ALARMS else self.others
            answer = Answer(*others.answer(call), request_id)
            self._learn(call, answer.status)
            return answer
        response = response_class()
        response.take(replace(call, params=dict(call.params)), self.account)
        return Answer(*response.answer(call, request_id), request_id)

    def _learn(self, call: Call, status: int) -> None:
        """Know IAM's instance profiles, which a launch may name, by the calls that make and delete them."""
        if status == 200 and call.action == "CreateInstanceProfile":
            self.scene.profiles.add(call.params["InstanceProfileName"])
        elif status == 200 and call.action == "DeleteInstanceProfile":
            self.scene.profiles.discard(call.params["InstanceProfileName"])

    def _refused(self, call: Call, refusal: tuple[str, str], request_id: str) -> Answer:
        code, message = refusal
        return Answer(http_status(code), *error_body(call.protocol, code, message, request_id), request_id)

    def _note(self, call: Call, params: str, answer: Answer) -> None:
        code = None
        if answer.cut:
            code = "ConnectionCut"
        elif answer.status >= 400 and (found := _CODE.search(answer.body)):
            code = found.group(1) or found.group(2)
        status = 0 if answer.cut else answer.status
        self.record.add(call, params, status=status, code=code, request_id=answer.request_id)
