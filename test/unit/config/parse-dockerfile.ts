/** One instruction of a Dockerfile. Continuation lines are joined with single spaces. */
export interface Instruction {
  readonly keyword: string;
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** The stages of a Dockerfile without heredocs, in order. Omits everything before the first FROM. */
export function parseDockerfile(text: string): readonly Stage[] {
  const instructions = text
    .replaceAll(/^\s*#.*\n/gm, "")
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map(parseInstruction);
  const starts = instructions.flatMap(({ keyword }, index) => (keyword === "FROM" ? [index] : []));
  return starts.map((start, index) => {
    const [from, ...rest] = instructions.slice(start, starts[index + 1]);
    const [base = "", , name = ""] = from?.text.split(" ") ?? [];
    return { base, name, instructions: rest };
  });
}

function parseInstruction(line: string): Instruction {
  const [keyword = "", ...rest] = line.trim().split(" ");
  return { keyword: keyword.toUpperCase(), text: rest.join(" ") };
}
