import { fileURLToPath } from "node:url";
import { installMoto } from "../../scripts/services/moto.ts";
import { ServiceProcess } from "./service_process.ts";

/** Who asks an S3 server. */
export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What is to be in a bucket: keys, and the text of each. */
export type S3Objects = readonly (readonly [key: string, text: string])[];

const SCRIPT = fileURLToPath(
  new URL("../../scripts/services/moto_server.py", import.meta.url),
);

/** An S3 server that checks every signature and every policy. */
export class S3Server implements AsyncDisposable {
  readonly region = "eu-central-1";
  readonly endpoint: string;
  /** Of a user who may do everything. */
  readonly keys: S3Keys;
  #process: ServiceProcess;
  #buckets = 0;

  private constructor(
    process: ServiceProcess,
    ready: S3Keys & { port: number },
  ) {
    this.#process = process;
    this.endpoint = `http://127.0.0.1:${ready.port}`;
    this.keys = ready;
  }

  static async start(): Promise<S3Server> {
    const process = ServiceProcess.start([await installMoto(), SCRIPT]);
    return new S3Server(process, JSON.parse(await process.firstLine()));
  }

  /** The environment of a dewy that asks it. */
  env(keys: S3Keys = this.keys): Readonly<Record<string, string>> {
    return {
      AWS_ACCESS_KEY_ID: keys.accessKeyId,
      AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      AWS_ENDPOINT_URL_S3: this.endpoint,
    };
  }

  /** Makes a bucket and returns its name. */
  async createBucket(): Promise<string> {
    const bucket = `bucket-${++this.#buckets}`;
    await this.#post("bucket", { bucket, region: this.region });
    return bucket;
  }

  /** Puts objects into a bucket without asking who does. */
  async put(bucket: string, objects: S3Objects): Promise<void> {
    await this.#post("objects", { bucket, objects });
  }

  /** Makes a user who may do what an IAM policy allows. */
  async createUser(policy: unknown): Promise<S3Keys> {
    const name = `user-${crypto.randomUUID()}`;
    return await this.#post("user", { name, policy }) as S3Keys;
  }

  /** Makes a role that anybody with a web identity may take, and returns its ARN. */
  async createRole(policy: unknown): Promise<string> {
    const name = `role-${crypto.randomUUID()}`;
    const { arn } = await this.#post("role", { name, policy }) as {
      arn: string;
    };
    return arn;
  }

  async #post(what: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.endpoint}/_test/${what}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The S3 server failed: ${text}`);
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process[Symbol.asyncDispose]();
  }
}
