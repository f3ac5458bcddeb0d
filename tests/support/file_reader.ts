/**
 * A thread that reads the file it is told over and over; told to stop, it
 * answers what it has seen.
 *
 * @module
 */
const scope = self as unknown as Worker;
const values = new Set<string>();
const problems = new Set<string>();
let reads = 0;
let stopped = false;

scope.onmessage = ({ data }: MessageEvent<string>) => {
  if (data === "stop") stopped = true;
  else void readOverAndOver(data);
};

async function readOverAndOver(path: string): Promise<void> {
  readOnce(path);
  scope.postMessage("begun");
  while (!stopped) {
    for (let n = 0; n < 50; n++) readOnce(path);
    // Lets the message arrive that ends this.
    await new Promise((resolve) => setTimeout(resolve));
  }
  scope.postMessage({ reads, values: [...values], problems: [...problems] });
}

function readOnce(path: string): void {
  reads++;
  try {
    values.add(Deno.readTextFileSync(path));
  } catch (error) {
    problems.add(String(error));
  }
}
