import { join } from "node:path";

/** File of the program, for a server in a process of its own: `node FILE --port=6443`. */
export const apiServerProgram = join(import.meta.dirname, "main.ts");
