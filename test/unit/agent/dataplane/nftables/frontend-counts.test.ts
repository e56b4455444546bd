import assert from "node:assert/strict";
import {
  parseFrontendCounts,
  readFrontendCounts,
} from "../../../../../agent/dataplane/nftables/frontend-counts.ts";
import { CommandError } from "../../../../../agent/kernel/command/command.ts";
import { FakeCommandRunner } from "../../../../support/fake-command-runner.ts";

/** As nft 1.0.6 prints it. */
const printed = `{"nftables": [{"metainfo": {"version": "1.0.6", "release_name": "Lester Gooch #5", "json_schema_version": 1}},
{"map": {"family": "ip", "name": "svc", "table": "kubesteer", "type": ["ipv4_addr", "inet_proto", "inet_service"], "handle": 2,
"map": "verdict", "elem": [[{"elem": {"val": {"concat": ["10.96.0.1", "udp", 53]}, "counter": {"packets": 7, "bytes": 420}}},
{"drop": null}], [{"elem": {"val": {"concat": ["fd96::1", "tcp", 80]}, "counter": {"packets": 0, "bytes": 0}}},
{"goto": {"target": "tcp-3"}}]], "stmt": [{"counter": null}]}}]}`;

describe("frontend counts", () => {
  it("are read from a listing of the map", () => {
    assert.deepEqual(parseFrontendCounts(printed), [
      { address: "10.96.0.1", protocol: "UDP", port: 53, connections: 7 },
      { address: "fd96::1", protocol: "TCP", port: 80, connections: 0 },
    ]);
  });

  it("are none of an empty map", () => {
    assert.deepEqual(parseFrontendCounts('{"nftables": [{"map": {"name": "svc"}}]}'), []);
  });

  it("are refused where nft prints something else", () => {
    assert.throws(() => parseFrontendCounts(printed.replace('"packets": 7', '"packets": "7"')), SyntaxError);
    assert.throws(() => parseFrontendCounts(printed.replace("10.96.0.1", "10.96.0")), /10\.96\.0/);
  });

  it("are none where there is no table", async () => {
    const stderr = "Error: No such file or directory\nlist map ip kubesteer svc\n";
    const commands = new FakeCommandRunner({ run: () => ({ exitCode: 1, stderr }) });
    assert.deepEqual(await readFrontendCounts(commands, "ip"), []);
  });

  it("reject where nft fails", async () => {
    const commands = new FakeCommandRunner({
      run: () => ({ exitCode: 1, stderr: "Error: Operation not permitted" }),
    });
    await assert.rejects(readFrontendCounts(commands, "ip"), CommandError);
  });
});
