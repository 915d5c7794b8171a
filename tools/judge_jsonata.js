// Evaluates what a sandbox has evaluated (sandbox/ministack/recording.py) by JSONata's reference implementation,
// with the same variables. Prints each difference, and each expression of the definitions that no run has met;
// the last line counts. Ends with 1 if there is a difference, or nothing to judge.
//
// usage: node tools/judge_jsonata.js RECORD DEFINITION...
"use strict";
const { createHash } = require("node:crypto");
const { createReadStream, readFileSync } = require("node:fs");
const { createInterface } = require("node:readline");
const { isDeepStrictEqual } = require("node:util");
const jsonata = require("jsonata");

// What these answer differs from one evaluation to the next: the digits of such values are not compared.
const VOLATILE = /\$(now|millis|uuid|random)\(/;
const SHOWN_CHARACTERS = 400;

/** The functions that Step Functions adds, of which the definitions use $hash and $parse. */
const FUNCTIONS = {
  hash: (text, algorithm) => createHash(algorithm.replace("-", "")).update(text).digest("hex"),
  parse: (text) => JSON.parse(text),
};

/** An expression, compiled once. */
const compiled = new Map();
function compile(text) {
  if (!compiled.has(text)) {
    const expression = jsonata(text);
    for (const [name, implementation] of Object.entries(FUNCTIONS)) expression.registerFunction(name, implementation);
    compiled.set(text, expression);
  }
  return compiled.get(text);
}

/** What the reference implementation makes of an evaluation: `value`, or `error` where there is none. */
async function judge({ expression, bindings }) {
  try {
    const value = await compile(expression).evaluate(undefined, bindings);
    return value === undefined ? { error: "undefined" } : { value: JSON.parse(JSON.stringify(value)) };
  } catch (error) {
    return { error: `${error.code ?? error.name}: ${error.message}` };
  }
}

/** A value with its digits alike. */
function blurred(value) {
  return JSON.parse(JSON.stringify(value).replaceAll(/\d+/g, "0"));
}

function same(evaluation, judged) {
  if ("error" in evaluation || "error" in judged) return "error" in evaluation && "error" in judged;
  const see = VOLATILE.test(evaluation.expression) ? blurred : (value) => value;
  return isDeepStrictEqual(see(evaluation.value), see(judged.value));
}

/** All expressions in a value. */
function* expressions(value) {
  if (typeof value === "string" && value.startsWith("{%")) yield value.slice(2, -2).trim();
  else if (value && typeof value === "object") for (const item of Object.values(value)) yield* expressions(item);
}

/** Whether an expression, in which substitutions may stand, is one of those met. */
function isMet(expression, met) {
  const parts = expression.split(/\$\{\w+\}/);
  if (parts.length === 1) return met.has(expression);
  return [...met].some((text) => text.startsWith(parts[0]) && text.endsWith(parts.at(-1)));
}

async function main([record, ...definitions]) {
  const met = new Set();
  const count = { evaluations: 0, errors: 0, expressions: 0, unmet: 0, differences: 0 };
  for await (const line of createInterface({ input: createReadStream(record), crlfDelay: Infinity })) {
    const evaluation = JSON.parse(line);
    met.add(evaluation.expression);
    count.evaluations += 1;
    if ("error" in evaluation) count.errors += 1;
    const judged = await judge(evaluation);
    if (same(evaluation, judged)) continue;
    count.differences += 1;
    const { expression, bindings, ...became } = evaluation;
    const told = { sandbox: became, reference: judged, bindings };
    console.log(`differs: ${expression}: ${JSON.stringify(told).slice(0, SHOWN_CHARACTERS)}`);
  }
  for (const file of definitions)
    for (const expression of new Set(expressions(JSON.parse(readFileSync(file, "utf8"))))) {
      count.expressions += 1;
      if (isMet(expression, met)) continue;
      count.unmet += 1;
      console.log(`not met: ${file}: ${expression}`);
    }
  console.log(JSON.stringify(count));
  if (count.differences || !count.evaluations) process.exitCode = 1;
}

main(process.argv.slice(2));
