import {
  isJsonArray,
  isJsonObject,
  jsonEquals,
  ownValue,
  stringAt,
  without,
  type JsonObject,
  type JsonValue,
} from "../json-value.ts";
import { badRequest, StatusError } from "../status-error.ts";

/**
 * JSON patch (RFC 6902).
 *
 * @throws StatusError 400 for an invalid operation, 422 for one that does not apply to this object.
 */
export function applyJsonPatch(target: JsonObject, operations: JsonValue): JsonObject {
  if (!isJsonArray(operations)) throw badRequest("a JSON patch must be an array of operations");
  let result: JsonValue = target;
  for (const operation of operations) {
    if (!isJsonObject(operation)) throw badRequest("an operation of a JSON patch must be an object");
    result = applyOperation(result, operation);
  }
  if (!isJsonObject(result)) throw cannotApply("the patched document is not an object");
  return result;
}

function applyOperation(document: JsonValue, operation: JsonObject): JsonValue {
  const path = pointer(operation, "path");
  switch (stringAt(operation, "op") ?? "") {
    case "add":
      return add(document, path, required(operation));
    case "remove":
      return edit(document, path, () => undefined);
    case "replace":
      return edit(document, path, () => required(operation));
    case "move": {
      const from = pointer(operation, "from");
      return add(
        edit(document, from, () => undefined),
        path,
        read(document, from),
      );
    }
    case "copy":
      return add(document, path, read(document, pointer(operation, "from")));
    case "test":
      if (!jsonEquals(read(document, path), required(operation))) {
        throw cannotApply(`testing value /${path.join("/")} failed: test failed`);
      }
      return document;
    default:
      throw badRequest(`unexpected JSON patch operation ${JSON.stringify(operation["op"] ?? null)}`);
  }
}

function pointer(operation: JsonObject, field: string): readonly string[] {
  const text = stringAt(operation, field);
  if (text === undefined || (text !== "" && !text.startsWith("/"))) {
    throw badRequest(`a JSON patch operation needs ${field} as a JSON pointer`);
  }
  return text
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function required(operation: JsonObject): JsonValue {
  const value = ownValue(operation, "value");
  if (value === undefined) throw badRequest("a JSON patch operation needs a value");
  return value;
}

function read(document: JsonValue, path: readonly string[]): JsonValue {
  let current: JsonValue = document;
  for (const token of path) current = member(current, token, path);
  return current;
}

function member(container: JsonValue, token: string, path: readonly string[]): JsonValue {
  const found = isJsonArray(container)
    ? container[arrayIndex(token, container.length - 1, path)]
    : isJsonObject(container)
      ? ownValue(container, token)
      : undefined;
  if (found === undefined) throw missing(path);
  return found;
}

function add(document: JsonValue, path: readonly string[], value: JsonValue): JsonValue {
  const [token, ...rest] = path;
  if (token === undefined) return value;
  if (rest.length > 0) return withMember(document, token, add(member(document, token, path), rest, value));
  if (isJsonArray(document)) {
    const index = token === "-" ? document.length : arrayIndex(token, document.length, path);
    return document.toSpliced(index, 0, value);
  }
  if (!isJsonObject(document)) throw missing(path);
  return { ...document, [token]: value };
}

/** Replaces the existing value at the path, or removes it if `change` returns undefined. */
function edit(document: JsonValue, path: readonly string[], change: () => JsonValue | undefined): JsonValue {
  const [token, ...rest] = path;
  if (token === undefined) return change() ?? null;
  const current = member(document, token, path);
  if (rest.length > 0) return withMember(document, token, edit(current, rest, change));
  const value = change();
  if (value !== undefined) return withMember(document, token, value);
  if (isJsonArray(document)) return document.toSpliced(Number(token), 1);
  return isJsonObject(document) ? without(document, token) : document;
}

function withMember(container: JsonValue, token: string, value: JsonValue): JsonValue {
  if (isJsonArray(container)) return container.with(Number(token), value);
  return isJsonObject(container) ? { ...container, [token]: value } : container;
}

function arrayIndex(token: string, max: number, path: readonly string[]): number {
  if (!/^(0|[1-9][0-9]*)$/.test(token) || Number(token) > max) throw missing(path);
  return Number(token);
}

function missing(path: readonly string[]): StatusError {
  return cannotApply(`missing path /${path.join("/")}: missing value`);
}

function cannotApply(message: string): StatusError {
  return new StatusError({
    code: 422,
    reason: "Invalid",
    message: `the server rejected our request: ${message}`,
  });
}
