// Packs the npm packages; their version is that of Cargo.toml.
//
//   node pack.mjs DIRECTORY                  the launcher, `lkt`
//   node pack.mjs DIRECTORY TARGET BINARY    the package of one platform, `@lkt/linux-x64` and the like
//
// REPOSITORY=https://github.com/OWNER/NAME in the environment names the source, which npm wants for
// provenance.
//
// Linux binaries are static and need no libc, so no package names one (`libc`).
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '../..');
const platforms = JSON.parse(readFileSync(join(HERE, 'platforms.json'), 'utf8'));
const [, version] = readFileSync(join(ROOT, 'Cargo.toml'), 'utf8').match(/^version = "(.+)"$/m);

const nameOf = ({ os, cpu }) => `@lkt/${os}-${cpu}`;

const common = {
  version,
  license: 'MIT OR Apache-2.0',
  ...(process.env.REPOSITORY && { repository: { type: 'git', url: `git+${process.env.REPOSITORY}.git` } }),
  publishConfig: { access: 'public' },
};

function launcher(folder) {
  cpSync(join(HERE, 'bin'), join(folder, 'bin'), { recursive: true });
  copyFileSync(join(HERE, 'README.md'), join(folder, 'README.md'));
  const names = Object.values(platforms).map(nameOf);
  return {
    name: 'lkt',
    ...common,
    description: "LiveKit tokens: mint them, inspect them, and serve LiveKit's standard token endpoint",
    keywords: ['livekit', 'webrtc', 'jwt', 'token', 'cli'],
    bin: { lkt: 'bin/lkt.js' },
    engines: { node: '>=18' },
    optionalDependencies: Object.fromEntries(names.map((name) => [name, version])),
  };
}

function platform(folder, target, binary) {
  const { os, cpu } = platforms[target] ?? fail(`no platform of npm for ${target}`);
  const program = os === 'win32' ? 'lkt.exe' : 'lkt';
  copyFileSync(binary, join(folder, program));
  chmodSync(join(folder, program), 0o755);
  return {
    name: nameOf({ os, cpu }),
    ...common,
    description: `The lkt of ${os} on ${cpu}; install the package lkt instead`,
    os: [os],
    cpu: [cpu],
    // Yarn would otherwise leave it in a zip archive, from which nothing can be run.
    preferUnplugged: true,
  };
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

const [directory, target, binary] = process.argv.slice(2);
if (!directory || (target && !binary)) fail('usage: pack.mjs DIRECTORY [TARGET BINARY]');
const folder = mkdtempSync(join(tmpdir(), 'lkt-npm-'));
try {
  const manifest = target ? platform(folder, target, binary) : launcher(folder);
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const license of ['LICENSE-MIT', 'LICENSE-APACHE']) copyFileSync(join(ROOT, license), join(folder, license));
  execFileSync('npm', ['pack', '--silent', '--pack-destination', resolve(directory)], {
    cwd: folder,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  });
} finally {
  rmSync(folder, { recursive: true });
}
