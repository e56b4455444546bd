import { isJsonArray, isJsonObject, ownValue, type JsonValue } from "../json-value.ts";

type Step =
  | { readonly kind: "field"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "all" }
  | { readonly kind: "filter"; readonly path: readonly Step[]; readonly equals: JsonValue };

/** A compiled JSONPath, which finds values in an object. */
export type JsonPath = (value: JsonValue) => readonly JsonValue[];

/**
 * Compiles the JSONPath of a printer column: fields, `['quoted fields']`, indexes, `[*]` and filters of the form
 * `[?(@.type=="Ready")]`.
 *
 * @throws SyntaxError for anything else.
 */
export function compileJsonPath(text: string): JsonPath {
  const path = parsePath(text);
  return (value) => evaluate(path, value);
}

const tokens =
  /\.(?<name>(?:\\.|[^.[\]\\])+)|\['(?<quoted>[^']+)'\]|\[(?<index>-?\d+)\]|\[\?\(@(?<filter>[^=]*?)\s*==\s*(?<value>"[^"]*"|'[^']*'|[^)]+)\)\]|(?<all>\[\*\]|\.\*)/y;

function parsePath(text: string): readonly Step[] {
  const steps: Step[] = [];
  let position = 0;
  while (position < text.length) {
    tokens.lastIndex = position;
    const groups = tokens.exec(text)?.groups;
    if (groups === undefined) throw new SyntaxError(`invalid JSONPath ${text} at character ${position}`);
    position = tokens.lastIndex;
    steps.push(stepOf(groups));
  }
  return steps;
}

function stepOf(groups: Readonly<Record<string, string | undefined>>): Step {
  const { name, quoted, index, filter, value } = groups;
  if (quoted !== undefined) return { kind: "field", name: quoted };
  if (name === "*" || groups["all"] !== undefined) return { kind: "all" };
  if (name !== undefined) return { kind: "field", name: name.replaceAll("\\", "") };
  if (index !== undefined) return { kind: "index", index: Number(index) };
  return { kind: "filter", path: parsePath(filter ?? ""), equals: literal(value ?? "") };
}

function literal(text: string): JsonValue {
  const quoted = /^(["'])(.*)\1$/.exec(text)?.[2];
  if (quoted !== undefined) return quoted;
  if (text === "true" || text === "false") return text === "true";
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function evaluate(path: readonly Step[], value: JsonValue): readonly JsonValue[] {
  return path.reduce<readonly JsonValue[]>(
    (values, step) => values.flatMap((each) => take(step, each)),
    [value],
  );
}

function take(step: Step, value: JsonValue): readonly JsonValue[] {
  switch (step.kind) {
    case "field": {
      const found = isJsonObject(value) ? ownValue(value, step.name) : undefined;
      return found === undefined ? [] : [found];
    }
    case "index": {
      const found = isJsonArray(value) ? value.at(step.index) : undefined;
      return found === undefined ? [] : [found];
    }
    case "all":
      if (isJsonArray(value)) return value;
      return isJsonObject(value) ? Object.values(value).filter((each) => each !== undefined) : [];
    case "filter":
      if (!isJsonArray(value)) return [];
      return value.filter((each) => evaluate(step.path, each).some((found) => found === step.equals));
    default:
      return step satisfies never;
  }
}
