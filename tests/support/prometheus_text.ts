/** One line of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A scrape, taken apart. */
export class Scrape {
  readonly samples: readonly Sample[];
  /** `counter`, `gauge` or `histogram`, by name. */
  readonly types: ReadonlyMap<string, string>;

  /** @throws When a line is none of the text format. */
  constructor(text: string) {
    const lines = text.split("\n").filter((line) => line !== "");
    const types = lines.map((line) => /^# TYPE (\S+) (\S+)$/.exec(line))
      .filter((match) => match !== null)
      .map(([, name = "", type = ""]) => [name, type] as const);
    this.types = new Map(types);
    this.samples = lines.filter((line) => !line.startsWith("#"))
      .map(parseSample);
  }

  /** Returns the values of what has these labels among others. */
  values(name: string, labels: Sample["labels"] = {}): number[] {
    return this.samples.filter((sample) =>
      sample.name === name &&
      Object.entries(labels).every(([label, value]) =>
        sample.labels[label] === value
      )
    ).map(({ value }) => value);
  }

  /** Returns the one value that there is; `undefined` when there is none, or several. */
  value(name: string, labels: Sample["labels"] = {}): number | undefined {
    const [first, ...others] = this.values(name, labels);
    return others.length === 0 ? first : undefined;
  }

  /** Returns the names of the labels that a metric has beside those of every metric. */
  labelsOf(name: string): string[] {
    const sample = this.samples.find((sample) => sample.name === name);
    return Object.keys(sample?.labels ?? {})
      .filter((label) => !label.startsWith("otel_scope_")).sort();
  }
}

function parseSample(line: string): Sample {
  const [, name = "", inner = "", value = ""] =
    /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  if (name === "") throw new Error(`No line of a scrape: ${line}`);
  const labels = [...inner.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)]
    .map(([, label = "", text = ""]) => [label, text] as const);
  const number = value === "+Inf" ? Infinity : Number(value);
  if (Number.isNaN(number)) throw new Error(`No number: ${line}`);
  return { name, labels: Object.fromEntries(labels), value: number };
}
