import assert from "node:assert/strict";
import { help as agentHelp } from "../../../../agent/options.ts";
import { help as operatorHelp } from "../../../../operator/options.ts";
import { parseFileName } from "../../../../platform/options/parse-text.ts";
import { renderHelp } from "../../../../platform/options/render-help.ts";

describe("help text", () => {
  it("shows usages, flags with their defaults, and variables, each below the other", () => {
    const text = renderHelp({
      title: "broom: keeps things tidy",
      usages: [
        { synopsis: "broom [flags]", effect: "run" },
        { synopsis: "broom rest", effect: "stop" },
      ],
      subcommands: ["rest"],
      flags: {
        file: { placeholder: "FILE", help: "where to sweep", parse: parseFileName },
        "dust-pan": { placeholder: "NAME", help: "what to use", default: "tin", parse: parseFileName },
      },
      variables: { BROOM_HOME: "where the broom stands" },
    });
    assert.equal(
      text,
      `broom: keeps things tidy

Usage: broom [flags]    run
       broom rest       stop

Flags:
  --file FILE        where to sweep
  --dust-pan NAME    what to use (default tin)
  --version          print the version and end
  --help             print this text and end

Environment:
  BROOM_HOME    where the broom stands
`,
    );
  });

  for (const [program, help] of [
    ["agent", agentHelp],
    ["operator", operatorHelp],
  ] as const) {
    it(`of the ${program} fits a terminal of 120 columns`, () => {
      assert.deepEqual(
        help.split("\n").filter((line) => line.length > 120),
        [],
      );
    });
  }
});
