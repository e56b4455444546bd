import type { KubeObject } from "../kube-object.ts";
import { badRequest } from "../status-error.ts";

/** A parsed selector. */
export type Matcher = (object: KubeObject) => boolean;

type Labels = Readonly<Record<string, string>>;

/**
 * Parses a label selector: `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x)`, `a`, `!a`, `a>1`, `a<1`, separated by commas.
 *
 * @throws StatusError 400 if it is invalid.
 */
export function parseLabelSelector(text: string): Matcher {
  const requirements = splitOutsideParentheses(text)
    .filter((part) => part.trim() !== "")
    .map((part) => parseRequirement(part.trim(), text));
  return ({ metadata: { labels = {} } }) => requirements.every((matches) => matches(labels));
}

function splitOutsideParentheses(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/);
}

function parseRequirement(part: string, selector: string): (labels: Labels) => boolean {
  const groups =
    /^(?<not>!)?\s*(?<key>[^\s=!<>()]+)\s*(?:(?<operator>==|=|!=|<|>|\bnotin\b|\bin\b)\s*(?<value>.*))?$/.exec(
      part,
    )?.groups;
  const key = groups?.["key"];
  if (key === undefined) throw unparsable(selector, part);
  const value = groups?.["value"]?.trim() ?? "";
  const operator = groups?.["operator"];
  if (groups?.["not"] !== undefined) {
    if (operator !== undefined) throw unparsable(selector, part);
    return (labels) => !Object.hasOwn(labels, key);
  }
  switch (operator) {
    case undefined:
      return (labels) => Object.hasOwn(labels, key);
    case "=":
    case "==":
      return (labels) => labels[key] === plainValue(value, selector);
    case "!=":
      return (labels) => labels[key] !== plainValue(value, selector);
    case "<":
      return (labels) => Object.hasOwn(labels, key) && Number(labels[key]) < Number(value);
    case ">":
      return (labels) => Object.hasOwn(labels, key) && Number(labels[key]) > Number(value);
    default: {
      const values = listOf(value, selector);
      const isIn = (labels: Labels): boolean => values.some((each) => labels[key] === each);
      return operator === "in" ? isIn : (labels) => !isIn(labels);
    }
  }
}

function plainValue(value: string, selector: string): string {
  if (!/^[A-Za-z0-9._-]*$/.test(value)) throw unparsable(selector, value);
  return value;
}

function listOf(value: string, selector: string): readonly string[] {
  const list = /^\((.*)\)$/.exec(value)?.[1];
  if (list === undefined) throw unparsable(selector, value);
  return list.split(",").map((each) => each.trim());
}

function unparsable(selector: string, part: string): Error {
  return badRequest(
    `unable to parse requirement: found '${part}' in ${JSON.stringify(selector)}, expected a label selector such as a=b,c in (d,e),!f`,
  );
}
