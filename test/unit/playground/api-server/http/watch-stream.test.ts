import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { startApiServer, type ApiServer } from "../../../../../playground/api-server/start.ts";
import { createApiRequests, type ApiRequests } from "../../../../support/api-requests.ts";
import { waitUntil } from "../../../../../playground/wait-until.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

describe("watch stream", function () {
  this.timeout(60_000);
  let server: ApiServer;
  let api: ApiRequests;

  beforeEach(async () => {
    server = await startApiServer({ port: 0 });
    api = createApiRequests(server);
  });

  afterEach(() => server.close());

  /** A watch of a client that reads nothing, so that the server cannot finish the stream. */
  async function openUnreadWatch(query: string): Promise<Socket> {
    const socket = connect(server.port, "127.0.0.1").pause();
    await once(socket, "connect");
    socket.write(`GET ${configMaps}?watch=true&${query} HTTP/1.1\r\nHost: x\r\n\r\n`);
    return socket;
  }

  it("changes are dropped after the end of a stream that the client has not read", async () => {
    const socket = await openUnreadWatch("timeoutSeconds=1");
    const large = { metadata: { name: "large" }, data: { text: "x".repeat(900_000) } };
    assert.equal((await api.post(configMaps, large)).code, 201);
    let changes = 0;
    const ended = once(socket, "close");
    await waitUntil(
      "two seconds of changes",
      async () => {
        changes += 1;
        await api.patch(`${configMaps}/large`, { data: { change: String(changes) } });
        return changes > 30;
      },
      { intervalMs: 70 },
    );
    assert.equal((await api.get("/readyz")).text, "ok");
    socket.destroy();
    await ended;
  });

  it("a line separator inside a string is escaped", async () => {
    await api.post(configMaps, { metadata: { name: "separators" }, data: { text: "a\u2028b" } });
    const [line] = await api.watch(`${configMaps}?watch=true`, () => true);
    assert.equal(line?.object["data"]?.["text"], "a\u2028b");
    const list = await api.get(configMaps);
    assert.ok(!list.text.includes("\u2028"));
  });

  it("closing the server ends its watches", async () => {
    const watching = api.watch(`${configMaps}?watch=true&resourceVersion=0&labelSelector=no%3Done`);
    await api.get("/readyz");
    await server.close();
    assert.deepEqual(await watching.catch(() => []), []);
    server = await startApiServer({ port: 0 });
  });
});
