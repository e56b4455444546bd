import assert from "node:assert/strict";
import type { CommandLine } from "../../../../platform/options/flag.ts";
import { OptionsError } from "../../../../platform/options/options-error.ts";
import { parseCommandLine, parseVariable } from "../../../../platform/options/parse-command-line.ts";
import { parseFileName, parseWholeNumber } from "../../../../platform/options/parse-text.ts";

const commandLine = {
  title: "test",
  usages: [],
  subcommands: ["tidy", "dust"],
  flags: {
    file: { placeholder: "FILE", help: "", variable: "TEST_FILE", parse: parseFileName },
    "how-many": {
      placeholder: "N",
      help: "",
      variable: "TEST_NUMBER",
      default: "7",
      parse: parseWholeNumber({ least: 0, most: 9 }),
    },
  },
  variables: {},
} as const satisfies CommandLine;

function parse(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return parseCommandLine(commandLine, args, environment);
}

describe("command line", () => {
  it("without arguments has defaults, and undefined where there is none", () => {
    assert.deepEqual(parse([]), {
      kind: "command",
      subcommand: undefined,
      values: { file: undefined, "how-many": 7 },
    });
  });

  const sources: readonly (readonly [
    rule: string,
    args: readonly string[],
    variable: string,
    value: number,
  ])[] = [
    ["a variable wins over the default", [], "1", 1],
    ["an empty variable counts as absent", [], "", 7],
    ["a flag wins over a variable, also over a wrong one", ["--how-many", "2"], "many", 2],
    ["a flag takes its value after an equals sign too", ["--how-many=3"], "1", 3],
    ["the last of several flags counts", ["--how-many=3", "--how-many=4"], "1", 4],
  ];
  for (const [rule, args, variable, value] of sources) {
    it(rule, () => {
      const parsed = parse(args, { TEST_NUMBER: variable });
      assert.equal(parsed.kind === "command" && parsed.values["how-many"], value);
    });
  }

  it("a subcommand may stand before and after flags", () => {
    for (const args of [
      ["tidy", "--how-many=1"],
      ["--how-many=1", "tidy"],
    ]) {
      const parsed = parse(args);
      assert.equal(parsed.kind === "command" && parsed.subcommand, "tidy");
    }
  });

  for (const kind of ["help", "version"] as const) {
    it(`--${kind} wins over wrong values and arguments`, () => {
      assert.deepEqual(parse([`--${kind}`, "--how-many=x", "sweep"]), { kind });
    });
  }

  const wrong: readonly (readonly [what: string, args: readonly string[], message: string])[] = [
    ["an unknown flag", ["--colour", "red"], "Unknown option '--colour'"],
    ["a flag without its value", ["--file"], "Option '--file <value>' argument missing"],
    ["a flag followed by another", ["--file", "--how-many=1"], "Option '--file' argument is ambiguous"],
    ["a value of --help", ["--help=me"], "Option '--help' does not take an argument"],
    ["an unknown argument", ["sweep"], 'the only argument allowed is tidy or dust; got "sweep"'],
    ["two arguments", ["tidy", "dust"], 'the only argument allowed is tidy or dust; got "tidy dust"'],
    ["a wrong value", ["--how-many", "10"], '--how-many must be a whole number from 0 to 9; got "10"'],
  ];
  for (const [what, args, message] of wrong) {
    it(`${what} is refused in one sentence`, () => {
      assert.throws(
        () => parse(args),
        (error) => {
          assert.ok(error instanceof OptionsError);
          assert.equal(error.message, message);
          return true;
        },
      );
    });
  }

  it("a wrong variable is refused by its name", () => {
    assert.throws(
      () => parse([], { TEST_NUMBER: "many" }),
      /^OptionsError: TEST_NUMBER must be .*; got "many"$/,
    );
  });

  it("a program without subcommands takes no argument", () => {
    assert.throws(
      () => parseCommandLine({ ...commandLine, subcommands: [] }, ["tidy"], {}),
      /no argument is allowed; got "tidy"/,
    );
  });

  it("a variable without a flag is parsed in the same way", () => {
    assert.equal(parseVariable({ A: "5" }, "A", commandLine.flags["how-many"].parse), 5);
    assert.equal(parseVariable({ A: "" }, "A", commandLine.flags["how-many"].parse), undefined);
    assert.throws(() => parseVariable({ A: "x" }, "A", commandLine.flags["how-many"].parse), /A must be/);
  });
});
