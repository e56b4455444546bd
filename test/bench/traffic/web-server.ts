import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { endpointPort } from "../cluster/workload.ts";

/** nginx with one process that answers each request at once, started with the given command line prefix. */
export async function startWebServer(place: readonly string[], folder: string): Promise<ChildProcess> {
  await mkdir(folder, { recursive: true });
  const configFile = join(folder, "nginx.conf");
  await writeFile(configFile, configuration(folder));
  const nginx = ["nginx", "-p", folder, "-e", "stderr", "-c", configFile];
  return spawn("setpriv", ["--pdeathsig", "KILL", "--", ...place, ...nginx], { stdio: "ignore" });
}

function configuration(folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${join(folder, kind)};`,
  );
  return `
daemon off;
master_process off;
user root;
pid ${join(folder, "nginx.pid")};
error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off;
  keepalive_timeout 0;
  ${temporary.join("\n  ")}
  server {
    listen ${endpointPort} backlog=4096;
    return 200 "ok";
  }
}
`;
}
