import {
  OciClient,
  type OciClientOptions,
} from "../../src/client/oci_client.ts";
import { ImagePush } from "./image_push.ts";
import { ImageRegistry, type ImageRegistryOptions } from "./image_registry.ts";
import { TempDir } from "./temp_dir.ts";
import { TOKEN_USER, TokenServer } from "./token_server.ts";

/** A registry whose realm is a {@link TokenServer}. */
export class TokenRegistry implements AsyncDisposable {
  private constructor(
    readonly tokens: TokenServer,
    readonly registry: ImageRegistry,
    readonly stack: AsyncDisposableStack,
  ) {}

  static async start(
    { line = "newest", tls = false }: {
      readonly line?: ImageRegistryOptions["line"];
      readonly tls?: boolean;
    } = {},
  ): Promise<TokenRegistry> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(await TempDir.create());
    const tokens = stack.use(await TokenServer.start({ folder, tls }));
    const { auth, certificates } = tokens;
    const registry = stack.use(
      await ImageRegistry.start({
        line,
        auth,
        ...(tls ? { tls: certificates } : {}),
      }),
    );
    return new TokenRegistry(tokens, registry, stack.move());
  }

  /** Pushes an image and returns its digest. */
  async push(
    repository: string,
    tag: string,
    client?: Deno.HttpClient,
  ): Promise<string> {
    const scope = `repository:${repository}:pull,push`;
    const token = await this.tokens.sign([scope], TOKEN_USER.username);
    const headers = { authorization: `Bearer ${token}` };
    const { origin } = this.registry;
    const push = new ImagePush({
      origin,
      repository,
      headers,
      ...(client === undefined ? {} : { client }),
    });
    return (await push.image(tag, tag)).digest;
  }

  open(
    repository: string,
    options: Partial<OciClientOptions> = {},
  ): OciClient {
    const { host } = this.registry;
    return new OciClient({ registry: host, repository, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stack.disposeAsync();
  }
}
