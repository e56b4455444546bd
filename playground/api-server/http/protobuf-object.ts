import { isJsonObject, stringAt, type JsonObject, type JsonValue } from "../json-value.ts";
import { unsupportedMediaType } from "../status-error.ts";

/** How a field of a message is read. */
type Field =
  | {
      readonly name: string;
      readonly kind: "string" | "boolean" | "integer" | "intOrString" | "stringMap" | "bytesMap";
    }
  | { readonly name: string; readonly kind: "message" | "messages"; readonly fields: Fields };

/** Fields by their number in the `generated.proto` of k8s.io/api. Others carry nothing that kubectl sets. */
type Fields = Readonly<Record<number, Field>>;

const metadata: Field = {
  name: "metadata",
  kind: "message",
  fields: {
    1: { name: "name", kind: "string" },
    2: { name: "generateName", kind: "string" },
    3: { name: "namespace", kind: "string" },
    11: { name: "labels", kind: "stringMap" },
    12: { name: "annotations", kind: "stringMap" },
  },
};

const servicePort: Fields = {
  1: { name: "name", kind: "string" },
  2: { name: "protocol", kind: "string" },
  3: { name: "port", kind: "integer" },
  4: { name: "targetPort", kind: "intOrString" },
  5: { name: "nodePort", kind: "integer" },
};

const serviceSpec: Fields = {
  1: { name: "ports", kind: "messages", fields: servicePort },
  2: { name: "selector", kind: "stringMap" },
  3: { name: "clusterIP", kind: "string" },
  4: { name: "type", kind: "string" },
  10: { name: "externalName", kind: "string" },
};

/** Kinds that `kubectl create KIND NAME` makes and that somebody may want to make here by hand. */
const kinds: Readonly<Record<string, Fields>> = {
  Namespace: { 1: metadata },
  ServiceAccount: { 1: metadata },
  ConfigMap: {
    1: metadata,
    2: { name: "data", kind: "stringMap" },
    3: { name: "binaryData", kind: "bytesMap" },
    4: { name: "immutable", kind: "boolean" },
  },
  Service: { 1: metadata, 2: { name: "spec", kind: "message", fields: serviceSpec } },
};

const magic = Buffer.from("k8s\0");

/**
 * Decodes the protobuf body of a few simple kinds, so that `kubectl create namespace`, `serviceaccount`, `configmap` and
 * `service` work; they have no JSON fallback.
 *
 * @throws StatusError 415 for other kinds.
 */
export function decodeProtobufObject(body: Buffer): JsonObject {
  if (!body.subarray(0, magic.length).equals(magic)) throw unsupported();
  const envelope = [...readFields(body.subarray(magic.length))];
  const typeMeta = decodeMessage(bytesOf(envelope, 1), {
    1: { name: "apiVersion", kind: "string" },
    2: { name: "kind", kind: "string" },
  });
  const fields = kinds[stringAt(typeMeta, "kind") ?? ""];
  if (fields === undefined) throw unsupported();
  return { ...typeMeta, ...decodeMessage(bytesOf(envelope, 2), fields) };
}

function unsupported(): Error {
  return unsupportedMediaType(["application/json", "application/yaml"]);
}

/** A field as it is on the wire: bytes of a length-delimited one, or the value of a varint. */
interface WireField {
  readonly number: number;
  readonly value: Buffer | number;
}

function* readFields(message: Buffer): Generator<WireField> {
  let position = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message[position];
      if (byte === undefined) throw unsupported();
      position += 1;
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
  };
  while (position < message.length) {
    const tag = readVarint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: readVarint() };
        break;
      case 2: {
        const length = readVarint();
        yield { number, value: message.subarray(position, position + length) };
        position += length;
        break;
      }
      default:
        throw unsupported();
    }
  }
}

function bytesOf(fields: readonly WireField[], number: number): Buffer {
  const value = fields.find((field) => field.number === number)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function decodeMessage(message: Buffer, fields: Fields): JsonObject {
  const decoded: Record<string, JsonValue> = {};
  for (const { number, value } of readFields(message)) {
    const field = fields[number];
    if (field === undefined) continue;
    const content = Buffer.isBuffer(value)
      ? decodeBytes(field, value, decoded[field.name])
      : decodeNumber(field, value);
    // What is empty or zero on the wire is absent in JSON.
    if (content !== undefined && content !== "" && content !== 0) decoded[field.name] = content;
  }
  return decoded;
}

function decodeNumber(field: Field, value: number): JsonValue | undefined {
  if (field.kind === "boolean") return value !== 0;
  return field.kind === "integer" ? value : undefined;
}

/** Map entries and items come one by one and add to those before them. */
function decodeBytes(field: Field, bytes: Buffer, before: JsonValue | undefined): JsonValue | undefined {
  switch (field.kind) {
    case "message":
      return decodeMessage(bytes, field.fields);
    case "messages":
      return [...(Array.isArray(before) ? before : []), decodeMessage(bytes, field.fields)];
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
      return undefined;
    default:
      return field satisfies never;
  }
}

/** k8s.io/apimachinery's IntOrString: type, where 1 is a text; number; text. */
function decodeIntOrString(fields: readonly WireField[]): JsonValue {
  const numberAt = (number: number): number => {
    const value = fields.find((field) => field.number === number)?.value;
    return typeof value === "number" ? value : 0;
  };
  return numberAt(1) === 1 ? bytesOf(fields, 3).toString("utf8") : numberAt(2);
}
