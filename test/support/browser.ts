import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Where systems keep it. */
const USUAL_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const INSTALL = 'apt-get update && apt-get install -y --no-install-recommends chromium';

/** The longest that its installation may take, in milliseconds. */
export const INSTALLATION_LIMIT = 300_000;

/**
 * Starts a real browser without a window. Where the machine has none and lets us, one is installed
 * first, which takes up to {@link INSTALLATION_LIMIT}.
 */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath() ?? installedChromium(),
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

/** The browser of `CHROMIUM_PATH`, of the system, or of playwright's own cache. */
function chromiumPath(): string | undefined {
  const given = process.env['CHROMIUM_PATH'];
  if (given) return given;
  return [...USUAL_PLACES, chromium.executablePath()].find(isExecutable);
}

function installedChromium(): string {
  const canInstall = process.getuid?.() === 0 && isExecutable('/usr/bin/apt-get');
  if (canInstall) {
    process.stderr.write(`\n!!! There is no Chromium on this machine. Running: ${INSTALL} !!!\n\n`);
    spawnSync('sh', ['-c', INSTALL], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: INSTALLATION_LIMIT,
    });
  }
  const path = chromiumPath();
  if (path !== undefined) return path;
  throw new Error(
    `These tests need a Chromium: run "${INSTALL}" as root, or set CHROMIUM_PATH to one.`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
