import assert from "node:assert/strict";
import { CommandError } from "../../../../../agent/kernel/command/command.ts";
import { countConnections } from "../../../../../agent/node-services/connections/count-connections.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";

const flow = (start: string, client: number, endpoint = "10.244.2.2"): string =>
  `${start} src=10.244.1.5 dst=10.96.0.1 sport=${client} dport=80 src=${endpoint} dst=10.244.1.5 sport=8080 dport=${client} [ASSURED] mark=0 use=1\n`;

const table: Readonly<Record<string, string>> = {
  ipv4: [
    flow("tcp      6 431999 ESTABLISHED", 1),
    flow("tcp      6 100 SYN_SENT", 2),
    flow("tcp      6 60 SYN_RECV", 3),
    ...["FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE"].map((state, index) =>
      flow(`tcp      6 60 ${state}`, 10 + index),
    ),
    flow("tcp      6 431999 ESTABLISHED", 4, "10.244.3.3"),
    flow("udp      17 29", 5),
  ].join(""),
  ipv6:
    "tcp      6 9 ESTABLISHED src=fd00::1 dst=fd96::1 sport=1 dport=80 " +
    "src=fd44::2 dst=fd00::1 sport=8080 dport=1 [ASSURED] mark=0 use=1\n",
};

describe("countConnections", () => {
  it("counts what is open by endpoint and protocol, in both families", async () => {
    const commands = new FakeCommandRunner({
      run: ({ args }) => ({ stdout: table[args.at(-1) ?? ""] ?? "" }),
    });
    assert.deepEqual(Object.fromEntries(await countConnections(commands)), {
      "TCP 10.244.2.2 8080": 3,
      "TCP 10.244.3.3 8080": 1,
      "UDP 10.244.2.2 8080": 1,
      "TCP fd44::2 8080": 1,
    });
  });

  it("asks for translated connections of our zone only", async () => {
    const commands = new FakeCommandRunner();
    await countConnections(commands);
    assert.deepEqual(
      commands.calls.map(({ command, args }) => `${command} ${args.join(" ")}`),
      ["ipv4", "ipv6"].map((family) => `conntrack --dump --zone 0 --dst-nat --family ${family}`),
    );
  });

  it("refuses output that it cannot read", async () => {
    const commands = new FakeCommandRunner({ run: () => ({ stdout: `${table["ipv4"]}what?\n` }) });
    await assert.rejects(countConnections(commands), { name: "FlowSyntaxError" });
  });

  it("says what conntrack says when it fails", async () => {
    const commands = new FakeCommandRunner({
      run: () => ({ exitCode: 1, stderr: "conntrack v1.4.7: Operation not permitted\nmore" }),
    });
    await assert.rejects(countConnections(commands), /Operation not permitted$/);
  });

  it("says when conntrack is missing", async () => {
    const commands = new FakeCommandRunner({
      run: () => {
        throw new CommandError("conntrack", "conntrack is not installed: apt-get install conntrack");
      },
    });
    await assert.rejects(countConnections(commands), /apt-get install conntrack/);
  });
});
