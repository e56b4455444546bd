import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A field of a model, as described in the client library. */
export interface ModelField {
  readonly name: string;
  /** TypeScript type, such as `string`, `Array<V1ServicePort>` or `{ [key: string]: string; }`. */
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly required: boolean;
}

/** A type of the Kubernetes API, such as V1Service. */
export interface Model {
  readonly description: string;
  readonly fields: readonly ModelField[];
}

const modelFolder = new URL("gen/models/", import.meta.resolve("@kubernetes/client-node"));

/**
 * Reads a model of the Kubernetes API from the files of `@kubernetes/client-node`, which are generated from the OpenAPI
 * document of a Kubernetes release: names, types and formats from the JavaScript, descriptions and optional fields from the
 * declarations. It reads the files instead of importing them, because that is faster and needs less memory.
 */
export function readModel(name: string): Model {
  const code = readFileSync(fileURLToPath(new URL(`${name}.js`, modelFolder)), "utf8");
  const declaration = readFileSync(fileURLToPath(new URL(`${name}.d.ts`, modelFolder)), "utf8");
  const documented = new Map([...declaredFields(declaration)].map((field) => [field.name, field]));
  const fields = attributes(code).map(({ name: property, baseName, type, format }) => {
    const { description, required } = documented.get(property) ?? { description: "", required: false };
    return { name: baseName, type, format, description, required };
  });
  return { description: classDescription(declaration), fields };
}

interface Attribute {
  readonly name: string;
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

function attributes(code: string): readonly Attribute[] {
  const list = /attributeTypeMap = (\[.*?\n\]);/s.exec(code)?.[1];
  return list === undefined ? [] : parseAttributes(list);
}

function parseAttributes(list: string): readonly Attribute[] {
  return JSON.parse(list) as readonly Attribute[];
}

function* declaredFields(declaration: string): Generator<Omit<ModelField, "type" | "format">> {
  const fieldPattern = /(?:\/\*\*\n\s+\* (?<doc>[^\n]*)\n\s+\*\/\n\s+)?'(?<name>[^']+)'(?<optional>\?)?: /g;
  for (const { groups } of declaration.matchAll(fieldPattern)) {
    yield {
      name: groups?.["name"] ?? "",
      description: plainText(groups?.["doc"] ?? ""),
      required: groups?.["optional"] === undefined,
    };
  }
}

function classDescription(declaration: string): string {
  return plainText(/\/\*\*\n\* ([^\n]*)\n\*\/\nexport declare class/.exec(declaration)?.[1] ?? "");
}

/** Undoes the generator's escaping of quotes. */
function plainText(comment: string): string {
  return comment.replaceAll(/\\(['"])/g, "$1");
}
