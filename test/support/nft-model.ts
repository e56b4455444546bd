import type { CommandCall, FakeCommands, FakeReply } from "./fake-command-runner.ts";

interface ModelChain {
  readonly kind: "chain";
  readonly rules: string[];
}

interface ModelContainer {
  readonly kind: "map" | "set";
  /** Key → data; "" in sets. */
  readonly elements: Map<string, string>;
  /** How many elements it takes. */
  readonly size: number;
}

type ModelObject = ModelChain | ModelContainer;
type ModelTable = Map<string, ModelObject>;

/** Why a command is refused, in nft's words. */
class Refusal extends Error {}

/**
 * The part of nft and the kernel that the nftables mode relies on, without a kernel: tables with chains, maps and sets;
 * a transaction takes effect as a whole or not at all; deleting what is missing, adding a key with other data or one too many
 * and deleting a chain that something refers to are errors.
 */
export class NftModel {
  #tables = new Map<string, ModelTable>();
  /** Transactions that took effect and those that were refused. */
  readonly committed: string[][] = [];
  readonly refused: string[][] = [];
  /** Refuses each transaction that has this text. */
  poison: string | undefined;

  /** What a fake command runner answers with. */
  readonly commands: FakeCommands = {
    run: (call) => this.#run(call),
    reply: (line) => this.#reply(line),
  };

  /** The names and contents of everything, in an order that does not depend on the order of changes. */
  snapshot({ without = [] }: { readonly without?: readonly string[] } = {}): object {
    return Object.fromEntries(
      byName(this.#tables).map(([table, objects]) => [
        table,
        Object.fromEntries(
          byName(objects)
            .filter(([name]) => !without.includes(name))
            .map(([name, object]) => [
              name,
              object.kind === "chain" ? object.rules : Object.fromEntries(byName(object.elements)),
            ]),
        ),
      ]),
    );
  }

  /** Elements of a map or set. */
  elements(table: string, container: string): ReadonlyMap<string, string> {
    const object = this.#tables.get(table)?.get(container);
    return object === undefined || object.kind === "chain" ? new Map() : object.elements;
  }

  /** How many chains, rules and elements a table has. */
  count(table: string) {
    const objects = [...(this.#tables.get(table)?.values() ?? [])];
    const chains = objects.filter((object) => object.kind === "chain");
    const containers = objects.filter((object) => object.kind !== "chain");
    return {
      chains: chains.length,
      rules: chains.reduce((sum, { rules }) => sum + rules.length, 0),
      elements: containers.reduce((sum, { elements }) => sum + elements.size, 0),
    };
  }

  /** Applies commands as one transaction; undefined when they took effect. */
  apply(commands: readonly string[]): string | undefined {
    const before = structuredClone(this.#tables);
    try {
      for (const command of commands) this.#execute(command);
      this.#requireReferences();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#tables = before;
      this.refused.push([...commands]);
      return `Error: ${error.message}\n`;
    }
    this.committed.push([...commands]);
    return undefined;
  }

  #run({ args, input }: CommandCall) {
    const text = args.join(" ");
    const [, kind, family] = /^-j (?:-t )?list (chain|map|set)s (ip6?)$/.exec(text) ?? [];
    if (kind !== undefined) return this.#listNames(kind, `${family} kubesteer`);
    const [, table, map] = /^-j list map (ip6? kubesteer) (.+)$/.exec(text) ?? [];
    if (table !== undefined && map !== undefined) return this.#listMap(table, map);
    const commands = input.split("\n").filter((line) => line !== "");
    const saved = structuredClone(this.#tables);
    const error = this.apply(commands);
    if (args.includes("--check")) this.#tables = saved;
    return error === undefined ? { exitCode: 0 } : { exitCode: 1, stderr: error };
  }

  #listNames(kind: string, table: string) {
    const objects = [...(this.#tables.get(table) ?? [])].filter(([, object]) => object.kind === kind);
    const nftables = objects.map(([name]) => ({ [kind]: { table: "kubesteer", name } }));
    return { stdout: JSON.stringify({ nftables }) };
  }

  /** Packets are no part of the model: maps that they write are empty. */
  #listMap(table: string, name: string) {
    if (this.#tables.get(table)?.has(name) !== true)
      return { exitCode: 1, stderr: "Error: No such file or directory\n" };
    return { stdout: JSON.stringify({ nftables: [{ map: { name } }] }) };
  }

  #reply(line: string): FakeReply {
    if (line === "describe meta mark") return { stdout: "meta expression, datatype mark (packet mark)\n" };
    const [, family, set] = /^list set (ip6?) kubesteer (\S+)$/.exec(line) ?? [];
    if (family !== undefined && set !== undefined) {
      const [revision] = this.elements(`${family} kubesteer`, set).keys();
      if (revision === undefined) return { stderr: `Error: No such file or directory\n${line}\n` };
      return { stdout: `elements = { 0x${Number(revision).toString(16)} }\n` };
    }
    const error = this.apply(line.split("; ").flatMap(joinDeclarations()));
    return error === undefined ? {} : { stderr: error };
  }

  #execute(command: string): void {
    if (this.poison !== undefined && command.includes(this.poison)) throw new Refusal("Invalid argument");
    const [, verb, kind, family, table, rest = ""] =
      /^(add|delete|flush) (table|map|set|chain|rule|element) (ip6?) (\S+) ?(.*)$/.exec(command) ?? [];
    if (verb === undefined) throw new Refusal(`syntax error: ${command}`);
    const key = `${family} ${table}`;
    if (kind === "table") {
      if (verb === "add" && !this.#tables.has(key)) this.#tables.set(key, new Map());
      if (verb === "delete" && !this.#tables.delete(key)) throw new Refusal("No such file or directory");
      return;
    }
    const objects = this.#tables.get(key);
    if (objects === undefined) throw new Refusal("No such file or directory");
    const [name = "", ...body] = rest.split(" ");
    executeInTable(objects, { verb, kind: kind ?? "", name, body: body.join(" ") });
  }

  /** Rules and verdicts may refer only to what exists. */
  #requireReferences(): void {
    for (const objects of this.#tables.values()) {
      const texts = [...objects.values()].flatMap((object) =>
        object.kind === "chain" ? object.rules : [...object.elements.values()],
      );
      for (const text of texts) {
        const names = [...text.matchAll(/(?:goto|jump) (\S+)|@(\S+)/g)].map(
          ([, chain, set]) => chain ?? set ?? "",
        );
        for (const name of names) if (!objects.has(name)) throw new Refusal(`${name} is missing or busy`);
      }
    }
  }
}

function byName<Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] {
  return [...map].toSorted(([left], [right]) => (left < right ? -1 : 1));
}

interface TableCommand {
  readonly verb: string;
  readonly kind: string;
  readonly name: string;
  readonly body: string;
}

function executeInTable(objects: ModelTable, { verb, kind, name, body }: TableCommand): void {
  const object = objects.get(name);
  if (verb === "add" && object === undefined && (kind === "map" || kind === "set")) {
    objects.set(name, {
      kind,
      elements: new Map(),
      size: Number(/ size (\d+);/.exec(body)?.[1] ?? Infinity),
    });
  } else if (verb === "add" && object === undefined && kind === "chain") {
    objects.set(name, { kind, rules: [] });
  } else if (object === undefined) {
    throw new Refusal("No such file or directory");
  } else if (kind === "rule" && object.kind === "chain") {
    object.rules.push(body);
  } else if (kind === "element" && object.kind !== "chain") {
    for (const element of elementsIn(body)) changeElement(object, verb, element);
  } else if (verb === "flush" && object.kind === "chain") {
    object.rules.length = 0;
  } else if (verb === "flush" && object.kind !== "chain") {
    object.elements.clear();
  } else if (verb === "delete") {
    objects.delete(name);
  }
}

function elementsIn(body: string): readonly string[] {
  return body.replace(/^\{ | \}$/g, "").split(", ");
}

function changeElement({ elements, size }: ModelContainer, verb: string, element: string): void {
  const [key = "", data = ""] = element.replace(/ timeout \d+s/, "").split(" : ");
  const present = elements.get(key);
  if (verb === "delete") {
    if (!elements.delete(key)) throw new Refusal("No such file or directory");
    return;
  }
  if (present !== undefined && present !== data) throw new Refusal("File exists");
  if (present === undefined && elements.size >= size) throw new Refusal("Too many open files in system");
  elements.set(key, data);
}

/** Declarations have semicolons of their own: puts the pieces of `{ … }` together again. */
function joinDeclarations(): (piece: string) => readonly string[] {
  let open = "";
  return (piece) => {
    const text = open === "" ? piece : `${open}; ${piece}`;
    const depth = text.split("{").length - text.split("}").length;
    open = depth > 0 ? text : "";
    return depth > 0 ? [] : [text];
  };
}
