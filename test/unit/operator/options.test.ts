import assert from "node:assert/strict";
import { parseCommand, type OperatorOptions } from "../../../operator/options.ts";
import { OptionsError } from "../../../platform/options/options-error.ts";

const surroundings = { kubeconfig: undefined, otlpEndpoint: undefined, hostname: "host" };

function parse(
  args: readonly string[],
  changes: Partial<typeof surroundings> | object = {},
): OperatorOptions {
  const command = parseCommand(args, { ...surroundings, ...changes });
  assert.equal(command.kind, "run");
  return command.options;
}

describe("operator options", () => {
  it("have defaults for everything", () => {
    const { identity, ...rest } = parse([]);
    assert.match(identity, /^host_[0-9a-f]{8}$/);
    assert.deepEqual(rest, {
      namespace: "kube-system",
      leaderElect: true,
      metricsAddress: "0.0.0.0:10259",
      healthAddress: "0.0.0.0:10258",
      logLevel: "info",
      otlpEndpoint: undefined,
    });
  });

  it("give two replicas on one host different identities", () => {
    assert.notEqual(parse([]).identity, parse([]).identity);
  });

  it("prefer the flag to the environment", () => {
    assert.equal(parse([], { kubeconfig: "/env" }).kubeconfig, "/env");
    assert.equal(parse(["--kubeconfig", "/flag"], { kubeconfig: "/env" }).kubeconfig, "/flag");
  });

  it("take an empty environment variable for none", () => {
    const { kubeconfig, otlpEndpoint } = parse([], { kubeconfig: "", otlpEndpoint: "" });
    assert.deepEqual([kubeconfig, otlpEndpoint], [undefined, undefined]);
  });

  for (const kind of ["help", "version"] as const) {
    it(`know --${kind}`, () => assert.deepEqual(parseCommand([`--${kind}`], surroundings), { kind }));
  }

  const bad: readonly {
    readonly args: readonly string[];
    readonly message: RegExp;
    readonly env?: object;
  }[] = [
    { args: ["--colour"], message: /--colour/ },
    { args: ["extra"], message: /extra/ },
    { args: ["--kubeconfig", ""], message: /--kubeconfig .*got ""/ },
    { args: ["--server", "ftp://x"], message: /--server .*http.*"ftp:\/\/x"/ },
    { args: ["--namespace", "Kube"], message: /--namespace .*lower-case.*"Kube"/ },
    { args: ["--identity", "a b"], message: /--identity .*"a b"/ },
    { args: ["--leader-elect", "yes"], message: /--leader-elect must be true or false; got "yes"/ },
    { args: ["--metrics-address", ":1"], message: /--metrics-address .*HOST:PORT.*":1"/ },
    { args: ["--health-address", "0.0.0.0:70000"], message: /--health-address .*0-65535.*70000/ },
    {
      args: ["--log-level", "loud"],
      message: /--log-level must be one of debug, info, warn, error; got "loud"/,
    },
    { args: [], env: { otlpEndpoint: "collector" }, message: /OTEL_EXPORTER_OTLP_ENDPOINT .*"collector"/ },
  ];
  for (const { args, env, message } of bad) {
    it(`refuse ${args.join(" ") || "a bad environment"}`, () => {
      assert.throws(
        () => parse(args, env),
        (error) => error instanceof OptionsError && message.test(error.message),
      );
    });
  }
});
