import type { ProxyErrorReason } from "../meter.ts";

/** Why a backend did not serve a request. */
export class BackendFault extends Error {
  override readonly name = "BackendFault";
  readonly reason: ProxyErrorReason;

  constructor(reason: ProxyErrorReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }

  static none(): BackendFault {
    return new BackendFault("no-backend", "There is no backend");
  }
}

/** The client ended, failed or stalled in the middle of its request. */
export class ClientFault extends Error {
  override readonly name = "ClientFault";
  /** Whether it took too long. */
  readonly isLate: boolean;

  constructor(
    message: string,
    options: { readonly cause?: unknown; readonly isLate?: boolean } = {},
  ) {
    super(message, options);
    this.isLate = options.isLate ?? false;
  }
}
