import type { EmitEvent } from "../base/event.ts";
import { systemClock } from "../base/time.ts";
import type { CertificatePaths } from "../proxy/http/certificate_check.ts";
import { watchCertificate } from "../proxy/http/certificate_file.ts";
import type { Certificate } from "../proxy/http/front.ts";
import type { Proxy } from "../proxy/proxy.ts";
import { asError } from "../supervisor/try_or_tell.ts";

/** Has `proxy` use the certificate that is in the files, until it is disposed of. */
export function keepCertificate(
  paths: CertificatePaths,
  current: Certificate,
  { proxy, emit }: {
    readonly proxy: Pick<Proxy, "renew">;
    readonly emit: EmitEvent;
  },
): AsyncDisposable {
  const over = new AbortController();
  const { signal } = over;
  const watch = async () => {
    const options = { current, clock: systemClock, signal };
    for await (const change of watchCertificate(paths, options)) {
      if (change.kind === "unusable") {
        const error = asError(change.error);
        emit({ type: "certificate-unusable", path: paths.cert, error });
        continue;
      }
      await proxy.renew(change.certificate);
      emit({ type: "certificate-renewed", path: paths.cert });
    }
  };
  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await watching;
    },
  };
}
