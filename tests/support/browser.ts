import { type Browser, chromium, type Page } from "playwright-core";

/** Debian's, installed by scripts/prepare_machine.ts. */
const PROGRAM = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** How a page looks. */
export interface Look {
  readonly colorScheme?: "light" | "dark";
  readonly width?: number;
  readonly height?: number;
}

/** A page in a real browser, with what it complained of and where it went. */
export class BrowserPage implements AsyncDisposable {
  /** Messages of the console that are errors or warnings, and errors nobody caught. */
  readonly complaints: string[] = [];
  /** Every address that was asked. */
  readonly requests: string[] = [];

  private constructor(readonly page: Page) {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.complaints.push(message.text());
      }
    });
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("request", (request) => this.requests.push(request.url()));
  }

  /** Opens `url` in a profile of its own. */
  static async open(
    browser: Browser,
    url: string,
    { colorScheme = "light", width = 1100, height = 900 }: Look = {},
  ): Promise<BrowserPage> {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width, height },
      locale: "en-GB",
      timezoneId: "UTC",
    });
    const opened = new BrowserPage(await context.newPage());
    await opened.page.goto(url);
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

/** Starts the browser without a window. */
export async function startBrowser(): Promise<Browser & AsyncDisposable> {
  return await chromium.launch({ executablePath: PROGRAM, args: FLAGS });
}
