import type { CreateBody, Endpoint } from "./create_body.ts";
import type { Health, HostConfig } from "./host_config.ts";

/** One option of `docker run`; parsing, errors and documentation derive from it. */
export type RunOption = SupportedRunOption | RefusedRunOption;

interface RunOptionNames {
  /** Without the dashes: `env-file`. */
  readonly name: string;
  readonly short?: string;
  /** Other long spellings that docker hides. */
  readonly aliases?: readonly string[];
  /** What stands for the value in the documentation; none for a boolean. */
  readonly takes?: string;
}

/** An option that becomes a part of the create request. */
export interface SupportedRunOption extends RunOptionNames {
  /** Where in the create request it ends, or what dewy does with it. */
  readonly field: string;
  /** A value that is right. */
  readonly example: string;
  /** Something worth knowing about it with dewy, without a full stop. */
  readonly note?: string;
  readonly repeatable?: true;
  /** The value may be secret, wholly or after its `=`; no error repeats it. */
  readonly secret?: true;
  /**
   * Adds the value to the draft.
   *
   * @throws {BadValue} When the value is wrong.
   */
  readonly set: (draft: RunDraft, value: string) => void;
}

/** An option that dewy does not take. */
export interface RefusedRunOption extends RunOptionNames {
  /** Why, as a clause: `dewy starts containers itself`. */
  readonly refused: string;
  /** What to do instead, as a sentence without a full stop. */
  readonly instead?: string;
}

/** What options are read against. */
export interface RunSurroundings {
  /** Looks up a variable of dewy's own environment, for `--env NAME`. */
  readonly env: (name: string) => string | undefined;
  /** Absolute path that relative sources of mounts start from. */
  readonly workdir: string;
  /** Socket of the engine that is used, if it has a path: it cannot be mounted. */
  readonly engineSocket?: string;
}

/** A network to join. */
export interface NetworkAttachment {
  readonly network: string;
  readonly endpoint: Endpoint;
}

/** The create request while options are added to it. */
export interface RunDraft {
  readonly surroundings: RunSurroundings;
  readonly body: CreateBody;
  readonly host: HostConfig;
  readonly health: Health;
  readonly networks: NetworkAttachment[];
  readonly aliases: string[];
  readonly env: string[];
  readonly envFiles: string[];
  isHealthOff?: boolean;
  baseName?: string;
  platform?: string;
}

/** A value that an option cannot have; `message` completes "option … must". */
export class BadValue extends Error {
  override readonly name = "BadValue";
  /** What to do instead, as a sentence without a full stop. */
  readonly hint: string | undefined;

  constructor(message: string, options: { readonly hint?: string } = {}) {
    super(message);
    this.hint = options.hint;
  }
}
