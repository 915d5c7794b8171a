"""The template's policies as they are deployed: ARNs in the place of `!Sub`, `!Ref` and `!GetAtt`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tools.policies import Document, documents

if TYPE_CHECKING:
    from collections.abc import Mapping

# A resource's ARN, with its logical id where it would have the name that CloudFormation makes.
_ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "AWS::SNS::Topic": "arn:aws:sns:{region}:{account}:{name}",
    "AWS::Serverless::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Serverless::StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
}


@dataclass(frozen=True)
class Deployment:
    """Where a stack is: what `AWS::Region` and its like, and its own resources, stand for."""

    account: str
    region: str
    stack: str

    def arn(self, template: Mapping[str, Any], name: str) -> str:
        """The ARN of one of the stack's resources."""
        form = _ARNS[template["Resources"][name]["Type"]]
        return form.format(region=self.region, account=self.account, name=name)

    def policies(self, template: Mapping[str, Any], owner: str) -> list[Document]:
        """The policies of a function or of a state machine, inline and managed."""
        return [self._resolved(template, document) for _, document in documents(template, owner)]

    def _resolved(self, template: Mapping[str, Any], node: Any) -> Any:
        if isinstance(node, list):
            return [self._resolved(template, item) for item in node]
        if not isinstance(node, dict):
            return node
        if "Fn::Sub" in node:
            return re.sub(r"\$\{([\w:.]+)\}", lambda found: self._value(template, found[1]), node["Fn::Sub"])
        if "Fn::GetAtt" in node:
            return self._value(template, node["Fn::GetAtt"][0])
        if "Ref" in node:
            return self._value(template, node["Ref"])
        return {key: self._resolved(template, value) for key, value in node.items()}

    def _value(self, template: Mapping[str, Any], name: str) -> str:
        if name.endswith(".Name"):
            return name.removesuffix(".Name")
        name = name.removesuffix(".Arn")
        pseudo = {
            "AWS::Partition": "aws",
            "AWS::Region": self.region,
            "AWS::AccountId": self.account,
            "AWS::StackName": self.stack,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return pseudo[name] if name in pseudo else self.arn(template, name)
