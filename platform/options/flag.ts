/**
 * Turns the text of a flag or an environment variable into its value.
 *
 * @param source the flag or variable, as messages name it
 * @throws {OptionsError}
 */
export type ParseText<Value> = (text: string, source: string) => Value;

/** A flag with a value, as `--log-level LEVEL`. */
export interface Flag<Value> {
  /** Stands for the value in the help text, such as FILE. */
  readonly placeholder: string;
  readonly help: string;
  /** Environment variable that counts where the flag is absent; an empty one counts as absent. */
  readonly variable?: string;
  /** Text that counts where flag and variable are absent. Without one the value is undefined then. */
  readonly default?: string;
  readonly parse: ParseText<Value>;
}

/** By name, without the dashes, in the order of the help text. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** The parsed value of each flag of a table. */
export type FlagValues<Table extends FlagTable> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly default: string }
    ? ParsedValue<Table[Name]>
    : ParsedValue<Table[Name]> | undefined;
};

type ParsedValue<AnyFlag> = AnyFlag extends Flag<infer Value> ? Value : never;

/** Everything a program takes from its command line and its environment. */
export interface CommandLine<Table extends FlagTable = FlagTable> {
  /** First line of the help text: the program and what it is for. */
  readonly title: string;
  readonly usages: readonly { readonly synopsis: string; readonly effect: string }[];
  /** Words allowed as the only argument. */
  readonly subcommands: readonly string[];
  readonly flags: Table;
  /** Environment variables that have no flag, by name, with the text that explains them. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What every program answers by itself. */
export type Inquiry = { readonly kind: "help" } | { readonly kind: "version" };
