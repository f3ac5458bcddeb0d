/** A server that runs beside the tests; Deno ends it with itself. */
export class ServiceProcess implements AsyncDisposable {
  #child: Deno.ChildProcess;
  #output: ReadableStreamDefaultReader<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#output = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  static start(
    command: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): ServiceProcess {
    const [program = "", ...args] = command;
    const child = new Deno.Command(program, {
      args,
      env,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    return new ServiceProcess(child);
  }

  /**
   * Returns the first line of its output.
   *
   * @throws When it ends without one.
   */
  async firstLine(): Promise<string> {
    let text = "";
    while (!text.includes("\n")) {
      const { done, value } = await this.#output.read();
      if (done) throw new Error(`The service ended, having said "${text}"`);
      text += value;
    }
    return text.split("\n", 1)[0] ?? "";
  }

  /** Closes its input, and waits until it has ended by itself. */
  async finish(): Promise<void> {
    await this.#child.stdin.close();
    await this.#output.cancel();
    await this.#child.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close();
    this.#child.kill("SIGKILL");
    await this.#output.cancel();
    await this.#child.status;
  }
}
