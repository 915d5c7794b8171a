// Holds state machine definitions against a validator of the Amazon States Language, and each JSONata expression
// in them against the language's reference implementation. Prints each fault with its state and field, and ends
// with 1 if there is one.
//
// usage: node tools/check_definition.js DEFINITION...
"use strict";
const { readFileSync } = require("node:fs");
const jsonata = require("jsonata");
const validate = require("asl-validator");

const DUMMY_ARN = "arn:aws:lambda:us-east-1:123456789012:function:dummy";

/** The definition as it may be deployed: the validator's schema takes no ${…} in an ARN. */
function substituted(text) {
  return JSON.parse(text.replaceAll("${Partition}", "aws").replaceAll(/\$\{\w+Arn\}/g, DUMMY_ARN));
}

/** All strings in a state with the paths of their fields. */
function* strings(value, path = []) {
  if (typeof value === "string") yield [path.join("."), value];
  else if (value && typeof value === "object")
    for (const [key, item] of Object.entries(value)) yield* strings(item, [...path, key]);
}

/** What is wrong with a string that holds an expression; undefined for one that is right, and for plain text. */
function expressionFault(text) {
  const expression = /^\{%([\s\S]*)%\}$/.exec(text);
  if (!expression) return /\{%|%\}/.test(text) ? "an expression has to fill its string, from {% to %}" : undefined;
  try {
    jsonata(expression[1]);
  } catch (error) {
    return `${error.message} (${error.code} at ${error.position})`;
  }
}

/** One line for each fault of a definition. */
function faults(text) {
  let definition;
  try {
    definition = substituted(text);
  } catch (error) {
    return [`is not JSON: ${error.message}`];
  }
  const expressions = Object.entries(definition.States ?? {}).flatMap(([name, state]) =>
    [...strings(state)]
      .map(([field, value]) => [field, value, expressionFault(value)])
      .filter(([, , fault]) => fault)
      .map(([field, value, fault]) => `${name}: ${field}: ${fault}: ${value}`),
  );
  const shape = validate(definition).errors.map((error) => `${error["Error code"]}: ${error.Message}`);
  return [...expressions, ...shape];
}

for (const file of process.argv.slice(2)) {
  for (const fault of faults(readFileSync(file, "utf8"))) {
    console.error(`${file}: ${fault}`);
    process.exitCode = 1;
  }
}
