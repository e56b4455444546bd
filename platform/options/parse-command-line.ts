import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { errorMessage, firstLine } from "../errors.ts";
import type { CommandLine, Environment, Flag, FlagTable, FlagValues, Inquiry, ParseText } from "./flag.ts";
import { OptionsError } from "./options-error.ts";

/** A command line that asks the program to do something. */
export interface ParsedCommandLine<Table extends FlagTable> {
  readonly kind: "command";
  readonly subcommand: string | undefined;
  readonly values: FlagValues<Table>;
}

/**
 * Parses arguments, and the environment where flags are absent. `--help` and `--version` win over everything else, also
 * over wrong values.
 *
 * @throws {OptionsError} for anything that is not understood
 */
export function parseCommandLine<Table extends FlagTable>(
  commandLine: CommandLine<Table>,
  args: readonly string[],
  environment: Environment,
): ParsedCommandLine<Table> | Inquiry {
  const { flags, subcommands } = commandLine;
  const { texts, positionals, help, version } = splitArguments(flags, args);
  if (help) return { kind: "help" };
  if (version) return { kind: "version" };
  return {
    kind: "command",
    subcommand: parseSubcommand(subcommands, positionals),
    values: parseValues(flags, texts, environment),
  };
}

/**
 * The value of an environment variable that has no flag; undefined where it is absent or empty.
 *
 * @throws {OptionsError}
 */
export function parseVariable<Value>(
  environment: Environment,
  variable: string,
  parse: ParseText<Value>,
): Value | undefined {
  const text = environment[variable];
  return text === undefined || text === "" ? undefined : parse(text, variable);
}

interface SplitArguments {
  /** By name of the flag. */
  readonly texts: ReadonlyMap<string, string>;
  readonly positionals: readonly string[];
  readonly help: boolean;
  readonly version: boolean;
}

function splitArguments(flags: FlagTable, args: readonly string[]): SplitArguments {
  const withValue = Object.keys(flags).map((name) => [name, { type: "string" }] as const);
  const options: ParseArgsOptionsConfig = {
    ...Object.fromEntries(withValue),
    help: { type: "boolean" },
    version: { type: "boolean" },
  };
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const texts = Object.entries(values).flatMap(([name, value]): [string, string][] =>
      typeof value === "string" ? [[name, value]] : [],
    );
    return {
      texts: new Map(texts),
      positionals,
      help: values["help"] === true,
      version: values["version"] === true,
    };
  } catch (error) {
    // What follows the first sentence is about arguments that begin with a dash; we have none.
    throw new OptionsError(firstLine(errorMessage(error)).replace(/\.( .*)?$/, ""), { cause: error });
  }
}

function parseSubcommand(allowed: readonly string[], positionals: readonly string[]): string | undefined {
  const [subcommand, ...rest] = positionals;
  if (subcommand === undefined) return undefined;
  if (rest.length === 0 && allowed.includes(subcommand)) return subcommand;
  const rule =
    allowed.length === 0 ? "no argument is allowed" : `the only argument allowed is ${allowed.join(" or ")}`;
  throw new OptionsError(`${rule}; got ${JSON.stringify(positionals.join(" "))}`);
}

function parseValues<Table extends FlagTable>(
  flags: Table,
  texts: ReadonlyMap<string, string>,
  environment: Environment,
): FlagValues<Table> {
  const values = Object.entries(flags).map(([name, flag]) => [
    name,
    parseValue(name, flag, texts.get(name), environment),
  ]);
  return Object.fromEntries(values) as FlagValues<Table>;
}

function parseValue(
  name: string,
  flag: Flag<unknown>,
  text: string | undefined,
  environment: Environment,
): unknown {
  const source = `--${name}`;
  if (text !== undefined) return flag.parse(text, source);
  const value =
    flag.variable === undefined ? undefined : parseVariable(environment, flag.variable, flag.parse);
  if (value !== undefined || flag.default === undefined) return value;
  return flag.parse(flag.default, source);
}
