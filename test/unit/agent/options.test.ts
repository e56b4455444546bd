import assert from "node:assert/strict";
import { parseCommand, type AgentOptions } from "../../../agent/options.ts";
import { OptionsError } from "../../../platform/options/options-error.ts";

const environment = { nodeName: undefined, hostname: "Worker-1" };

function parseRun(...args: string[]): AgentOptions {
  const command = parseCommand(args, environment);
  assert.equal(command.kind, "run");
  return command.options;
}

describe("agent options", () => {
  it("without flags the defaults hold", () => {
    assert.deepEqual(parseRun(), {
      kubeconfigFile: undefined,
      server: undefined,
      nodeName: "worker-1",
      configFile: undefined,
      healthAddress: "0.0.0.0:10256",
      metricsAddress: "127.0.0.1:10249",
      stateDir: "/run/kubesteer",
      kernelRoot: "/",
      logLevel: "info",
      heartbeatSeconds: 30,
      serviceMetrics: 0,
    });
  });

  it("NODE_NAME wins over the host name, --node-name over both", () => {
    const withName = { nodeName: "from-env", hostname: "host" };
    const names = [parseCommand([], withName), parseCommand(["--node-name", "from-flag"], withName)].map(
      (command) => command.kind === "run" && command.options.nodeName,
    );
    assert.deepEqual(names, ["from-env", "from-flag"]);
  });

  it("an IPv6 listen address is given in brackets", () => {
    assert.deepEqual(parseRun("--health-address", "[::]:10256").healthAddress, "[::]:10256");
  });

  for (const [name, args, kind] of [
    ["cleanup is a command of its own", ["cleanup"], "cleanup"],
    ["--help wins over other flags", ["cleanup", "--help"], "help"],
    ["--version wins over bad values", ["--version", "--log-level", "loud"], "version"],
  ] as const) {
    it(name, () => assert.equal(parseCommand(args, environment).kind, kind));
  }

  const bad: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["an unknown flag is named", ["--prot", "1"], /^Unknown option '--prot'$/],
    ["a flag without its value is named", ["--server"], /--server/],
    ["the number of service metrics is bounded", ["--service-metrics", "501"], /from 0 to 500; got "501"/],
    ["the number of service metrics is a whole one", ["--service-metrics", "-1"], /--service-metrics/],
    ["an unknown argument is named", ["clean"], /only argument allowed is cleanup; got "clean"/],
    ["more than one argument is refused", ["cleanup", "now"], /got "cleanup now"/],
    [
      "a log level lists the known ones",
      ["--log-level", "loud"],
      /--log-level.*debug, info, warn, error; got "loud"/,
    ],
    [
      "a server must be a URL",
      ["--server", "192.0.2.1:6443"],
      /--server must be an http or https URL.*got "192.0.2.1:6443"/,
    ],
    ["a server must speak http", ["--server", "ftp://x"], /--server must be an http or https URL.*got "ftp:/],
    ["a node name is lower case", ["--node-name", "Worker"], /--node-name must be.*got "Worker"/],
    ["a node name is not empty", ["--node-name", ""], /--node-name must be.*got ""/],
    [
      "a listen address has a port",
      ["--health-address", "0.0.0.0"],
      /--health-address must be HOST:PORT.*got "0.0.0.0"/,
    ],
    [
      "a port is at most 65535",
      ["--metrics-address", "[::1]:65536"],
      /--metrics-address.*got "\[::1\]:65536"/,
    ],
    [
      "an IPv6 address needs brackets",
      ["--metrics-address", "::1:10249"],
      /--metrics-address.*got "::1:10249"/,
    ],
    [
      "the state directory is absolute",
      ["--state-dir", "run"],
      /--state-dir must be an absolute path.*got "run"/,
    ],
    [
      "the kernel's directory is absolute",
      ["--kernel-root", "host"],
      /--kernel-root must be an absolute.*got "host"/,
    ],
    ["a heartbeat is a number", ["--heartbeat-seconds", "30s"], /--heartbeat-seconds.*1 to 60; got "30s"/],
    ["a heartbeat is positive", ["--heartbeat-seconds", "0"], /--heartbeat-seconds.*1 to 60; got "0"/],
    ["a file name is not empty", ["--config", ""], /--config must be the name of a file; got ""/],
  ];
  for (const [name, args, message] of bad) {
    it(name, () => {
      assert.throws(
        () => parseCommand(args, environment),
        (error) => error instanceof OptionsError && message.test(error.message),
      );
    });
  }

  it("an empty NODE_NAME counts as absent", () => {
    const command = parseCommand([], { nodeName: "", hostname: "host" });
    assert.equal(command.kind === "run" && command.options.nodeName, "host");
  });

  it("a host name that no Node can have is refused, but not for cleanup, which needs none", () => {
    const surroundings = { nodeName: undefined, hostname: "a_b" };
    assert.throws(() => parseCommand([], surroundings), /the host name must be.*got "a_b"/);
    assert.equal(parseCommand(["cleanup"], surroundings).kind, "cleanup");
  });

  it("a NODE_NAME that no Node can have is refused by its name", () => {
    assert.throws(
      () => parseCommand([], { nodeName: "a b", hostname: "host" }),
      /NODE_NAME must be.*got "a b"/,
    );
  });
});
