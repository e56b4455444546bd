import { isJsonArray, isJsonObject, stringAt, type JsonObject, type JsonValue } from "../json-value.ts";
import { protobufNotRead } from "../status-error.ts";
import { protobufKinds, type Field, type Fields } from "./protobuf-kinds.ts";
import { bytesOf, isZero, readFields, WireFormatError, type WireField } from "./protobuf-wire.ts";

/** Media type of the Kubernetes API's protobuf bodies. */
export const protobufMediaType = "application/vnd.kubernetes.protobuf";

const magic = Buffer.from("k8s\0");

/**
 * Decodes the protobuf body of the kinds that kubectl sends in this format ({@link protobufKinds}), without a JSON fallback.
 *
 * @throws StatusError 415 for other kinds and for fields that would be lost.
 */
export function decodeProtobufObject(body: Buffer): JsonObject {
  if (!body.subarray(0, magic.length).equals(magic)) throw protobufNotRead("a body without its header");
  try {
    return decodeEnvelope([...readFields(body.subarray(magic.length))]);
  } catch (error) {
    if (error instanceof WireFormatError) throw protobufNotRead(`this body (${error.message})`);
    throw error;
  }
}

function decodeEnvelope(envelope: readonly WireField[]): JsonObject {
  const typeMeta = decodeMessage(bytesOf(envelope, 1), "TypeMeta", {
    1: { name: "apiVersion", kind: "string" },
    2: { name: "kind", kind: "string" },
  });
  const kind = stringAt(typeMeta, "kind") ?? "";
  const fields = Object.hasOwn(protobufKinds, kind) ? protobufKinds[kind] : undefined;
  if (fields === undefined) throw protobufNotRead(`kind ${JSON.stringify(kind)}`);
  return { ...typeMeta, ...decodeMessage(bytesOf(envelope, 2), kind, fields) };
}

/** @param path of the message, for errors */
function decodeMessage(message: Buffer, path: string, fields: Fields): JsonObject {
  const decoded: Record<string, JsonValue> = {};
  for (const { number, value } of readFields(message)) {
    const field = fields[number];
    if (field === undefined) {
      if (isZero(value)) continue;
      throw protobufNotRead(`field ${number} of ${path}`);
    }
    const content = Buffer.isBuffer(value)
      ? decodeBytes(field, value, { before: decoded[field.name], path: `${path}.${field.name}` })
      : decodeNumber(field, value);
    if (content !== undefined && content !== "") decoded[field.name] = content;
  }
  return decoded;
}

/** A value of 0 on the wire is absent in JSON, unless the field is a pointer in Go. */
function decodeNumber(field: Field, value: number): JsonValue | undefined {
  if (field.kind === "boolean") return value !== 0;
  if (field.kind === "optionalInteger") return value;
  return field.kind === "integer" && value !== 0 ? value : undefined;
}

/** Map entries and items arrive one by one and are added to the earlier ones. */
function decodeBytes(
  field: Field,
  bytes: Buffer,
  { before, path }: { readonly before: JsonValue | undefined; readonly path: string },
): JsonValue | undefined {
  const items = isJsonArray(before) ? before : [];
  switch (field.kind) {
    case "message":
      return decodeMessage(bytes, path, field.fields);
    case "messages":
      return [...items, decodeMessage(bytes, path, field.fields)];
    case "strings":
      return [...items, bytes.toString("utf8")];
    case "intOrString":
      return decodeIntOrString([...readFields(bytes)]);
    case "stringMap":
    case "bytesMap": {
      const entry = [...readFields(bytes)];
      const encoding = field.kind === "stringMap" ? "utf8" : "base64";
      const earlier = isJsonObject(before) ? before : {};
      return { ...earlier, [bytesOf(entry, 1).toString("utf8")]: bytesOf(entry, 2).toString(encoding) };
    }
    case "string":
      return bytes.toString("utf8");
    case "boolean":
    case "integer":
    case "optionalInteger":
      return undefined;
    default:
      return field satisfies never;
  }
}

/** k8s.io/apimachinery's IntOrString: type (1 is a text), number, text. */
function decodeIntOrString(fields: readonly WireField[]): JsonValue | undefined {
  const numberAt = (number: number): number => {
    const value = fields.find((field) => field.number === number)?.value;
    return typeof value === "number" ? value : 0;
  };
  return numberAt(1) === 1 ? bytesOf(fields, 3).toString("utf8") : numberAt(2) || undefined;
}
