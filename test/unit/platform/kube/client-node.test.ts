import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { ApiError } from "../../../../platform/kube/api-error.ts";
import { createApiClient } from "../../../../platform/kube/client-node.ts";
import { resources } from "../../../../platform/kube/resources.ts";
import { json, kubeConfigFor, portOf, RecordingServer, status, type Answer } from "./recording-server.ts";

const { services, nodes, endpointSlices } = resources;

const page = (name: string, next?: string) =>
  json({ metadata: { resourceVersion: "7", continue: next }, items: [{ metadata: { name } }] });

describe("createApiClient", () => {
  let server: RecordingServer;

  beforeEach(async () => {
    server = await RecordingServer.start();
  });

  afterEach(() => server.stop());

  const refusal = async (answer: Answer): Promise<ApiError> => {
    server.answers.push(answer);
    try {
      await server.client.update(nodes, { metadata: { name: "node-1" } });
    } catch (error) {
      if (error instanceof ApiError) return error;
      throw error;
    }
    throw new assert.AssertionError({ message: "was not refused" });
  };

  describe("requests", () => {
    const slice = { metadata: { name: "web-1", namespace: "shop" } };
    const ref = { resource: endpointSlices, namespace: "shop", name: "web-1" };
    const collection = "/base/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices";
    const rows: readonly {
      readonly rule: string;
      readonly call: () => Promise<unknown>;
      readonly method: string;
      readonly path: string;
      readonly contentType?: string;
      readonly body?: unknown;
    }[] = [
      { rule: "get", call: () => server.client.get(ref), method: "GET", path: `${collection}/web-1` },
      {
        rule: "get of a cluster-scoped core object",
        call: () => server.client.get({ resource: nodes, name: "node-1" }),
        method: "GET",
        path: "/base/api/v1/nodes/node-1",
      },
      {
        rule: "a name cannot leave its place in the path",
        call: () => server.client.get({ resource: nodes, name: "../pods?x#y" }),
        method: "GET",
        path: "/base/api/v1/nodes/..%2Fpods%3Fx%23y",
      },
      {
        rule: "create",
        call: () => server.client.create(endpointSlices, slice),
        method: "POST",
        path: collection,
        contentType: "application/json",
        body: slice,
      },
      {
        rule: "update",
        call: () => server.client.update(endpointSlices, slice),
        method: "PUT",
        path: `${collection}/web-1`,
        contentType: "application/json",
        body: slice,
      },
      {
        rule: "merge patch of the status",
        call: () => server.client.mergePatch(ref, { status: null }, { subresource: "status" }),
        method: "PATCH",
        path: `${collection}/web-1/status`,
        contentType: "application/merge-patch+json",
        body: { status: null },
      },
      {
        rule: "apply is server-side and forced",
        call: () => server.client.apply(endpointSlices, slice, { fieldManager: "tester" }),
        method: "PATCH",
        path: `${collection}/web-1?fieldManager=tester&force=true`,
        contentType: "application/apply-patch+yaml",
        body: slice,
      },
      {
        rule: "delete with a uid precondition",
        call: () => server.client.delete(ref, { uid: "u-1" }),
        method: "DELETE",
        path: `${collection}/web-1`,
        contentType: "application/json",
        body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: "u-1" } },
      },
    ];
    for (const { rule, call, method, path, contentType, body } of rows) {
      it(rule, async () => {
        await call();
        const [request] = server.received;
        assert.equal(request?.method, method);
        assert.equal(`${request.url.pathname}${request.url.search}`, path);
        assert.equal(request.headers["content-type"], contentType);
        assert.deepEqual(request.body === "" ? undefined : JSON.parse(request.body), body);
        assert.equal(request.headers.authorization, "Bearer secret");
        assert.equal(request.headers["user-agent"], "kubesteer-test/1");
      });
    }

    it("one after the other use one connection", async () => {
      for (let count = 0; count < 10; count += 1) await server.client.get(ref);
      assert.equal(server.sockets.size, 1);
    });

    it("are aborted by their signal", async () => {
      const stop = new AbortController();
      server.answers.push(() => stop.abort());
      await assert.rejects(server.client.get(ref, { signal: stop.signal }));
    });

    it("name method and address when the server cannot be reached", async () => {
      const closed = createServer();
      closed.listen(0, "127.0.0.1");
      await once(closed, "listening");
      const port = portOf(closed);
      closed.close();
      await once(closed, "close");
      const unreachable = createApiClient(kubeConfigFor(port), { userAgent: "kubesteer-test/1" });
      await assert.rejects(
        unreachable.get({ resource: nodes, name: "node-1" }),
        (error) =>
          error instanceof Error &&
          error.message.includes(`GET http://127.0.0.1:${port}/base/api/v1/nodes/node-1`),
      );
    });
  });

  describe("lists", () => {
    it("take all pages", async () => {
      server.answers.push(page("a", "token-1"), page("b"));
      const list = await server.client.list(services, { labelSelector: "!headless" });
      assert.deepEqual(
        list.items.map(({ metadata }) => metadata.name),
        ["a", "b"],
      );
      assert.equal(list.resourceVersion, "7");
      assert.deepEqual(
        server.received.map(({ url }) => url.search),
        ["?labelSelector=%21headless&limit=500", "?labelSelector=%21headless&limit=500&continue=token-1"],
      );
    });

    it("start again in one piece when the server forgot the snapshot between two pages", async () => {
      server.answers.push(page("a", "token-1"), status(410, "Expired"), page("whole"));
      const list = await server.client.list(services);
      assert.deepEqual(
        list.items.map(({ metadata }) => metadata.name),
        ["whole"],
      );
      assert.equal(server.received[2]?.url.search, "");
    });
  });

  describe("refusals", () => {
    it("carry status code, reason and message", async () => {
      const error = await refusal(status(409, "Conflict"));
      assert.equal(error.statusCode, 409);
      assert.equal(error.reason, "Conflict");
      assert.equal(error.message, "told Conflict");
    });

    it("carry how long to stay away, from the Status", async () => {
      assert.equal(
        (await refusal(status(429, "TooManyRequests", { retryAfterSeconds: 3 }))).retryAfterSeconds,
        3,
      );
    });

    it("carry how long to stay away, from the header", async () => {
      assert.equal((await refusal(json({}, 503, { "retry-after": "9" }))).retryAfterSeconds, 9);
    });

    it("by something that is no API server quote its first line", async () => {
      const error = await refusal((response) => response.writeHead(502).end("\nbad gateway\nmore"));
      assert.equal(error.statusCode, 502);
      assert.equal(error.reason, "");
      assert.match(error.message, /HTTP 502: bad gateway$/);
    });

    it("NotFound is undefined for get and false for delete", async () => {
      server.answers.push(status(404, "NotFound"), status(404, "NotFound"));
      assert.equal(await server.client.get({ resource: nodes, name: "node-1" }), undefined);
      assert.equal(await server.client.delete({ resource: nodes, name: "node-1" }), false);
    });
  });
});
